"""Long calls that are ended: by a cancel token, and by what a signal's handler raises."""

import os
import signal
import subprocess
import sys
import threading
import time

import actionclip
import pytest
from actionclip import _cancel
from actionclip._library import Library
from conftest import ROOT, same_bits

#: Seconds of work for the small model, however fast.
MANY = [f"walking {number}" for number in range(40_000)]


def later(seconds, action, after=None):
    """Runs `action` on a thread after a while, which begins with the event `after`; the list it returns gets the
    moment."""
    moment = []

    def run():
        if after is not None:
            after.wait()
        time.sleep(seconds)
        moment.append(time.monotonic())
        action()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, moment


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture()
def expected(speaker):
    return speaker.encode_labels(["yoga"])


def test_a_token_ends_the_calls_of_its_thread(speaker, expected):
    token = actionclip.CancelToken()
    with token:
        thread, moment = later(0.2, token.cancel)
        with pytest.raises(actionclip.CancelledError, match="cancel token"):
            speaker.encode_labels(MANY)
        assert time.monotonic() - moment[0] < 1
        thread.join()
        assert token.cancelled
        for call in (lambda: speaker.encode_labels(["yoga"]), lambda: speaker.encode_labels(MANY),
                     lambda: speaker.tokenize("yoga")):  # fmt: skip
            with pytest.raises(actionclip.CancelledError):
                call()
        token.reset()
        assert not token.cancelled and same_bits(speaker.encode_labels(["yoga"]), expected)
        token.cancel()
    assert same_bits(speaker.encode_labels(["yoga"]), expected)  # not used any more


def test_the_innermost_token_counts(speaker, expected):
    outer, inner = actionclip.CancelToken(), actionclip.CancelToken()
    outer.cancel()
    with outer:
        with inner, inner:
            assert same_bits(speaker.encode_labels(["yoga"]), expected)
        with pytest.raises(actionclip.CancelledError):
            speaker.encode_labels(["yoga"])


def test_a_token_is_for_the_threads_that_use_it(speaker, expected):
    token = actionclip.CancelToken()
    token.cancel()
    got = []

    def other():
        got.append(speaker.encode_labels(["yoga"]))
        with pytest.raises(actionclip.CancelledError), token:
            speaker.encode_labels(["yoga"])
        got.append(speaker.encode_labels(["yoga"]))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert len(got) == 2 and all(same_bits(one, expected) for one in got)
    assert same_bits(speaker.encode_labels(["yoga"]), expected)


def test_loading_and_classifying_are_ended_too(untrained, speaker):
    token = actionclip.CancelToken()
    token.cancel()
    with actionclip.Classifier(speaker, ["yoga"]) as classifier, token:
        for call in (lambda: actionclip.Model(untrained), lambda: actionclip.Classifier(speaker, ["yoga"]),
                     lambda: classifier.set_labels(["run"]), lambda: actionclip.describe_file(untrained),
                     lambda: actionclip.file_sha256(untrained),
                     lambda: actionclip.Video(ROOT / "examples" / "clip.mp4")):  # fmt: skip
            with pytest.raises(actionclip.CancelledError):
                call()
        assert classifier.labels == ["yoga"]


def test_ctrl_c_ends_a_long_call(speaker, expected):
    handler = signal.getsignal(signal.SIGINT)
    thread, moment = later(0.3, interrupt)
    with pytest.raises(KeyboardInterrupt):
        speaker.encode_labels(MANY)
    assert time.monotonic() - moment[0] < 1
    thread.join()
    assert signal.getsignal(signal.SIGINT) is handler
    assert same_bits(speaker.encode_labels(["yoga"]), expected)


def test_the_call_has_ended_when_the_interruption_is_raised(speaker, monkeypatch):
    """The arguments are free to go then."""
    begun, ended = threading.Event(), []
    call = Library.call

    def slow(self, name, *arguments, **options):
        if name == "encode_labels":
            begun.set()
        try:
            call(self, name, *arguments, **options)
        finally:
            if name == "encode_labels":
                time.sleep(0.3)
                ended.append(name)

    monkeypatch.setattr(Library, "call", slow)
    thread, _ = later(0.2, interrupt, after=begun)
    with pytest.raises(KeyboardInterrupt):
        speaker.encode_labels(MANY)
    assert ended
    thread.join()


def test_ctrl_c_leaves_a_token_as_it_is(speaker):
    token = actionclip.CancelToken()
    thread, _ = later(0.3, interrupt)
    with token, pytest.raises(KeyboardInterrupt):
        speaker.encode_labels(MANY)
    thread.join()
    assert not token.cancelled and not token._followers


def test_a_handler_that_returns_ends_nothing(speaker):
    """It runs while the call does; one that calls the library is answered."""
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append(speaker.encode_labels(MANY[:200]).shape))
    try:
        thread, moment = later(0.1, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        labels = MANY[:10_000]
        assert speaker.encode_labels(labels, ["{}"]).shape[1] == len(labels)
        thread.join()
        deadline = time.monotonic() + 5
        while not seen and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert seen == [(16, 200, speaker.info.embedding_size)]


def test_a_handler_cannot_use_a_video_that_is_being_read(speaker):
    """A video is for one thread at a time, and the handler's is another than the call's."""
    said = []

    def handler(*_):
        try:
            video.read_frames([0])  # in time, between two calls
        except actionclip.ArgumentError as error:
            said.append(error.message)

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        with actionclip.Video(ROOT / "examples" / "clip.mp4", decode="all") as video:
            frames = video.read_frames([1, 99])
            for _ in range(200):
                thread, _ = later(0.002, lambda: os.kill(os.getpid(), signal.SIGUSR1))
                assert (video.read_frames([1, 99]) == frames).all()
                thread.join()
                if said:
                    break
            with video._use(), pytest.raises(actionclip.ArgumentError, match="in use"):
                speaker.encode_video(video)
            assert speaker.encode_video(video).shape == (speaker.info.embedding_size,)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert said and "in use" in said[0]


def test_other_threads_go_on(speaker, expected):
    """Ctrl-C is the main thread's alone."""
    results = []
    worker = threading.Thread(target=lambda: results.append(speaker.encode_labels(MANY[:4000])))
    worker.start()
    thread, _ = later(0.1, interrupt)
    with pytest.raises(KeyboardInterrupt):
        speaker.encode_labels(MANY)
    thread.join()
    worker.join()
    assert results[0].shape[1] == 4000


def test_errors_are_those_of_the_call(speaker, monkeypatch):
    monkeypatch.setattr(_cancel, "_SHORT", 0)  # every call the long way
    with pytest.raises(actionclip.TextError, match=r"labels\[1\]"):
        speaker.encode_labels(["yoga", "word " * 200])
    with pytest.raises(FileNotFoundError):
        actionclip.Model("/no/such/file")


def test_without_threads_the_call_is_made_directly(speaker, expected, monkeypatch):
    def refused(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(_cancel, "_SHORT", 0)
    monkeypatch.setattr(threading.Thread, "start", refused)
    assert same_bits(speaker.encode_labels(["yoga"]), expected)


def test_a_script_stops_at_once(untrained):
    """As people do it: a process, a key, the usual trace."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import actionclip; model = actionclip.Model(sys.argv[2]);"
        "print('ready', flush=True); model.encode_labels([f'walking {i}' for i in range(100000)])"
    )
    command = [sys.executable, "-c", script, str(ROOT / "bindings" / "python"), str(untrained)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, errors = process.communicate(timeout=20)
    assert time.monotonic() - begun < 2  # with the interpreter's own end
    assert process.returncode != 0 and "KeyboardInterrupt" in errors


def test_progress_is_told_between_groups(speaker):
    told = []
    labels = [f"walking {number}" for number in range(300)]
    got = speaker.encode_labels(labels, progress=lambda done, total: told.append((done, total)))
    assert same_bits(got, speaker.encode_labels(labels))
    assert len(told) > 2 and told[-1] == (4800, 4800) and told == sorted(told)
    told.clear()
    got = speaker.encode_prompts(labels * 5, progress=lambda done, total: told.append((done, total)))
    assert same_bits(got, speaker.encode_prompts(labels * 5))
    assert len(told) > 2 and told[-1] == (1500, 1500)

    class Enough(Exception):
        pass

    def stop(done, total):
        raise Enough

    with pytest.raises(Enough):
        speaker.encode_labels(labels, progress=stop)
