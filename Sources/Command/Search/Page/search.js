"use strict";
// A click on a moment plays it in the page, from its start to its end. Without scripts the link opens the video there.
const player = document.querySelector(".player");
const video = player.querySelector("video");
const told = player.querySelector("p");
const links = [...document.querySelectorAll(".moments a[href]")];
let end = Infinity;

for (const link of links) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link);
  });
}

function show(link) {
  const source = link.getAttribute("href").split("#")[0];
  const start = Number(link.dataset.start);
  end = Number(link.dataset.end);
  for (const other of links) other.setAttribute("aria-current", other === link);
  told.textContent = link.dataset.about;
  player.hidden = false;
  if (video.getAttribute("src") !== source) video.src = source;
  if (video.readyState > 0) video.currentTime = start;
  else video.addEventListener("loadedmetadata", () => { video.currentTime = start; }, { once: true });
  video.play().catch(() => {});
  player.scrollIntoView({ block: "nearest" });
}

video.addEventListener("error", () => {
  const link = links.find((other) => other.getAttribute("aria-current") === "true");
  if (link) told.textContent = `This browser cannot play ${link.dataset.about}: open it in a player.`;
});

video.addEventListener("timeupdate", () => {
  if (video.currentTime >= end && !video.paused) {
    video.pause();
    end = Infinity; // whoever plays on wants to see more
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp" || event.target === video) return;
  const at = links.indexOf(document.activeElement);
  const next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
  if (at < 0 || !next) return;
  event.preventDefault();
  next.focus();
});
