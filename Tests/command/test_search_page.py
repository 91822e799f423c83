"""The page that `search --html` writes, in a real browser."""

import io
import shutil
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from actionclip_command import ROOT, json_lines, run
from browser import CHROMIUM, Browser

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to look at the page with")
FILM = "a b#1 'ü' <&>%20.mp4"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A page of moments in a folder of its own, one of a film that is gone; and the moments."""
    folder = tmp_path_factory.mktemp("search_page")
    for name in ("films", "pages"):
        (folder / name).mkdir()
    for source, name in (("shapes", FILM), ("clip", "gone.mp4")):
        shutil.copy(ROOT / "examples" / f"{source}.mp4", folder / "films" / name)
    setting = {"cwd": folder, "env": {"ACTIONCLIP_MODEL": ""}}
    assert run("embed", "films", "--out", "archive", "--quiet", **setting).returncode == 0
    (folder / "films" / "gone.mp4").unlink()
    process = run("search", "archive", "growing", "+", "moving <left>", "-n", "9", "--json", "--html", "pages/page.html", **setting)
    assert process.returncode == 0, process.stderr
    return folder / "pages" / "page.html", json_lines(process)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


def test_the_page_is_one_file_well_formed_and_small(written):
    text, moments = written[0].read_text(), written[1]
    root = ElementTree.fromstring(text.replace("<!DOCTYPE html>", ""))
    links = [e.get("href") for e in root.iter() if e.get("href")]
    pictures = [e.get("src") for e in root.iter() if e.get("src")]
    here = [moment for moment in moments if not moment["path"].endswith("gone.mp4")]
    assert len(links) == len(pictures) == len(here) < len(moments)
    assert [unquote(link) for link in links] == [
        f"../films/{FILM}#t={moment['start']},{moment['end']}" for moment in here]
    assert all(picture.startswith("data:image/") and len(picture) <= 30_000 for picture in pictures)
    assert "http:" not in text.replace("http://www.w3.org/", "") and "https:" not in text
    assert "no picture" in text and "moving &lt;left&gt;" in text


@needs_browser
@pytest.mark.parametrize("is_dark", [False, True])
def test_moments_play_where_they_were_found(browser, written, is_dark):
    page, moments = written
    first = next(moment for moment in moments if not moment["path"].endswith("gone.mp4"))
    browser.said.clear(), browser.requests.clear()
    browser.dark(is_dark)
    browser.open(page)
    assert browser.run("[...document.querySelectorAll('.moments img')].every((i) => i.complete && i.naturalWidth > 50)")
    assert browser.run("document.querySelector('.player').hidden")
    browser.click(".moments a[href]")
    video = "document.querySelector('video')"
    browser.wait_for(f"{video}.readyState >= 1 && {video}.currentTime >= {first['start']} - 0.05")
    assert browser.run(f"{video}.currentTime") < first["end"] + 0.5
    assert browser.run("document.querySelector('a[aria-current=true] .score').textContent") == f"{first['score']:.4f}"
    assert browser.said == []
    assert all(address.startswith(("file:", "data:")) for address in browser.requests) and len(browser.requests) > 1
    image = pytest.importorskip("PIL.Image")
    picture = image.open(io.BytesIO(browser.screenshot())).convert("RGB")
    background = picture.getpixel((2, 2))
    assert all(channel < 60 if is_dark else channel > 200 for channel in background)


@needs_browser
def test_a_video_that_the_browser_cannot_play_is_told(browser, written, tmp_path):
    """Cards show folders where names repeat, and the line under the player always does."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(ROOT / "examples" / "clip.mp4", tmp_path / folder / "1.mp4")
    setting = {"cwd": tmp_path, "env": {"ACTIONCLIP_MODEL": ""}}
    assert run("embed", "a", "b", "--out", "archive", "--quiet", **setting).returncode == 0
    for video in (tmp_path / "a" / "1.mp4", tmp_path / "b" / "1.mp4"):
        video.write_bytes(bytes(video.stat().st_size))
    assert run("search", "archive", "moving right", "-n", "2", "--html", "page.html", **setting).returncode == 0
    browser.open(tmp_path / "page.html")
    names = browser.run("[...document.querySelectorAll('.moments li')].map((e) => e.querySelector('span:not(.none)').textContent)")
    assert sorted(names) == ["a/1.mp4", "b/1.mp4"]
    browser.click(".moments a[href]")
    told = "document.querySelector('.player p').textContent"
    browser.wait_for(f"{told}.includes('cannot play')")
    assert names[0] in browser.run(told)


@needs_browser
@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_fits_any_width(browser, written, width):
    browser.open(written[0])
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    try:
        browser.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert browser.run("document.documentElement.scrollWidth") == width
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")
