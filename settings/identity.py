"""Whether the settings of the bot's own identity, and of its operators, fit together."""

from collections.abc import Collection

from pydantic import SecretStr


def identity_faults(
    *, app_id: str, password: str, app_type: str, tenant_id: str, reached_at: str | None
) -> list[str]:
    """Return one line for each fault; *reached_at* is a HOST at which nobody may be let in without an id."""
    faults = []
    if password and not app_id:
        faults.append("MicrosoftAppPassword is set without MicrosoftAppId: set both, or neither")
    if app_type != "MultiTenant":
        for value, name in ((app_id, "MicrosoftAppId"), (tenant_id, "MicrosoftAppTenantId")):
            if not value:
                faults.append(f"MicrosoftAppType {app_type} needs {name}")
    if app_id and not password and app_type != "UserAssignedMSI":
        faults.append(
            "MicrosoftAppId is set without MicrosoftAppPassword: set it, or MicrosoftAppType=UserAssignedMSI"
        )
    if reached_at is not None and not app_id:
        faults.append(
            f"without MicrosoftAppId everyone who can reach HOST={reached_at} could use the bot:"
            " set MicrosoftAppId, or HOST=localhost, or ALLOW_ANONYMOUS=true if only trusted clients"
            " can reach it"
        )
    return faults


def role_faults(operators: Collection[SecretStr], viewers: Collection[SecretStr]) -> list[str]:
    """Return one line if a secret has two roles."""
    shared = len({*operators} & {*viewers})
    if not shared:
        return []
    return [f"OPERATOR_SECRETS and VIEWER_SECRETS have {shared} in common: a secret has one role"]
