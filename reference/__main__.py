"""`python -m reference`: writes the generated pages of docs/reference."""

from reference.pages import pages


def main() -> None:
    """Write each page that differs from the code, and print its path."""
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path)


if __name__ == "__main__":
    main()
