"""What axe finds wrong in the cards as a client draws them."""

from typing import Any

from playwright.async_api import Page

from tests.clients.pages import PACKAGES

#: Rules about what a card decides itself: its texts, buttons and colours. Others are about the page around.
_RULES = ["color-contrast", "button-name", "image-alt", "label", "link-name", "aria-input-field-name"]


async def violations(page: Page, selector: str) -> list[str]:
    """Return what is wrong in the parts of the page that *selector* names; an empty list if nothing is."""
    await page.add_script_tag(path=PACKAGES / "axe-core" / "axe.min.js")
    found: dict[str, Any] = await page.evaluate(
        "([selector, rules]) => axe.run({include: [[selector]]}, {runOnly: {type: 'rule', values: rules}})",
        [selector, _RULES],
    )
    assert found["passes"] or found["violations"], f"axe looked at nothing in {selector}"
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
