from hypothesis import given
from hypothesis import strategies as st

from jobs.job import JobStatus
from jobs.transitions import ReportKind, status_after

ORDER = [JobStatus.QUEUED, JobStatus.RUNNING]


@given(st.lists(st.sampled_from(ReportKind)))
def test_a_job_only_moves_forward_and_ends_once(reports):
    status = JobStatus.QUEUED
    for report in reports:
        after = status_after(status, report)
        if status.is_final:
            assert after is status
        else:
            assert after.is_final or ORDER.index(after) >= ORDER.index(status)
        status = after


@given(st.sampled_from([status for status in JobStatus if status.is_final]), st.sampled_from(ReportKind))
def test_a_report_that_comes_late_changes_nothing(status, report):
    assert status_after(status, report) is status


def test_each_end_has_its_own_status():
    ends = {kind: status_after(JobStatus.RUNNING, kind) for kind in ReportKind}
    assert ends == {
        ReportKind.STARTED: JobStatus.RUNNING,
        ReportKind.PROGRESS: JobStatus.RUNNING,
        ReportKind.HEARTBEAT: JobStatus.RUNNING,
        ReportKind.SUCCEEDED: JobStatus.SUCCEEDED,
        ReportKind.FAILED: JobStatus.FAILED,
        ReportKind.CANCELLED: JobStatus.CANCELLED,
    }
