"""Jobs: values, status transitions, and the use cases that change them."""
