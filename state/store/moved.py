"""
Where a conversation was last heard from, which is where its notices go.

Usually that is where its newest job was started, as the job's reference says. Only a conversation that has
moved since has a row in `moved`.
"""


def moves_to(service_url: str, moved_to: str | None, reference: str | None) -> bool:
    """
    Return whether a conversation that was heard from at *service_url* has moved there.

    *reference* is of its newest job, None without jobs: then nothing will be sent there.
    """
    if moved_to is not None:
        return service_url != moved_to
    # As `state.references` writes it; what is written otherwise costs a row that says the same.
    return reference is not None and f'"serviceUrl":"{service_url}"' not in reference


def names_address(reference: str) -> bool:
    """Return whether a job's reference says where its conversation is; some clients take only answers."""
    return '"serviceUrl":' in reference
