"""teach.py: teach a classifier new actions by a few clips, and use what it learned.

    PYTHONPATH=bindings/python python3 examples/teach.py my.classifier clip.mp4 "moving left" a.mp4 "gesture" b.mp4 ...

The first arguments are the file to write and the video to recognise; then a label and a clip that shows it, by turns.
The model is the default one, or the one that ACTIONCLIP_MODEL names.
"""

import signal
import sys

import actionclip

if len(sys.argv) < 5 or len(sys.argv) % 2 == 0:
    sys.exit("usage: teach.py FILE VIDEO LABEL CLIP [LABEL CLIP...]")
path, video, *pairs = sys.argv[1:]
clips = list(zip(pairs[::2], pairs[1::2]))


def teach() -> None:
    with actionclip.Model() as model:
        with actionclip.Classifier(model, list(dict.fromkeys(pairs[::2]))) as classifier:
            for label, clip in clips:
                classifier.add(label, clip, views=4)  # four choices of its frames, which count as one clip
            classifier.fit()
            classifier.save(path)
            print(classifier.report())

        # From here on it could be another program.
        with actionclip.Classifier.load(model, path) as classifier:
            shown = classifier.decide(model.encode_video(video))[0]
            print(f"{video}: {shown or 'none of these'}")


signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # who reads the output may stop, as `head` does
try:
    teach()
except (actionclip.ActionCLIPError, actionclip.LibraryError) as error:
    sys.exit(f"teach.py: {error}")
