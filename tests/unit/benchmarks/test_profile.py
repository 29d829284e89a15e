from benchmarks.profiling import read_profile


def test_a_function_is_charged_for_itself_and_for_what_it_calls():
    profile = read_profile(["main;turn;send 3", "main;turn 1"])
    assert profile.samples == 4
    assert (profile.total["turn"], profile.own["turn"]) == (4, 1)
    assert (profile.total["send"], profile.own["send"]) == (3, 3)


def test_a_function_that_calls_itself_is_charged_once():
    assert read_profile(["copy;copy;copy 5"]).total["copy"] == 5
