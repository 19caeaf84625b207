// The results: generating, choosing, files, and regenerating a part.

import * as api from "./api.js";
import { announce, ask, byId, isOff, make, percent, readTime, rebuild, setOff, showError } from "./dom.js";

const FILES = [
  ["mix.wav", "Mix, WAV"],
  ["mix.flac", "Mix, FLAC"],
  ["accompaniment.wav", "Accompaniment, WAV"],
  ["accompaniment.flac", "Accompaniment, FLAC"],
  ["click.wav", "Click, WAV"],
  ["arrangement.mid", "Tempo, chords and sung notes, MIDI"],
  ["lead_sheet.txt", "Lead sheet, text"],
];
const POLL = 500; // ms

let on; // {choose(number), range(range), refresh(session)}
let session = null;
let chosen = null;
let watched = null; // the id of the job that is watched

export function initResults(callbacks) {
  on = callbacks;
  byId("generate-form").addEventListener("submit", (event) => {
    event.preventDefault();
    start({ results: Number(byId("how-many").value) }, "generate-error");
  });
  byId("cancel").addEventListener("click", cancel);
  byId("range-form").addEventListener("submit", (event) => {
    event.preventDefault();
    regenerate();
  });
  for (const id of ["range-start", "range-stop"]) {
    byId(id).addEventListener("change", () => on.range(readRange()));
  }
  byId("delete-result").addEventListener("click", removeResult);
}

export function showResults(next, number) {
  session = next;
  chosen = number;
  byId("results-choice").hidden = session.results.length === 0;
  byId("result-tools").hidden = chosen === null;
  rebuild(byId("results"), session.results.map(makeResult));
  if (chosen !== null) {
    byId("zip").href = api.resultUrl(session.id, chosen, "archive.zip");
    rebuild(
      byId("files"),
      FILES.map(([file, text]) =>
        make("li", {}, make("a", { href: api.resultUrl(session.id, chosen, file), download: downloadName(file), id: `file-${file}` }, text)),
      ),
    );
  }
  byId("generate").textContent = session.results.length ? "Generate again" : "Generate";
  if (session.job) watch(session.job);
  else if (watched === null) byId("job").hidden = true;
}

function downloadName(file) {
  return `${session.title.replace(/[^\p{L}\p{N} .-]/gu, "_")} ${chosen} ${file}`;
}

function makeResult(result) {
  const range = result.range ? `, ${result.range.map((time) => time.toFixed(1)).join(" to ")} s anew from result ${result.of}` : "";
  const fit = result.fit?.why ? `: ${result.fit.why}` : "";
  const style = result.style ? `, ${result.style.replaceAll("_", " ")}` : "";
  return make(
    "label",
    { class: "result" },
    make("input", {
      type: "radio",
      name: "result",
      id: `result-${result.number}`,
      value: result.number,
      checked: result.number === chosen,
      onchange: () => on.choose(result.number),
    }),
    make("span", {}, make("strong", {}, `Result ${result.number}`), make("small", {}, `${style}${range}${fit}`)),
  );
}

/** Show a range in seconds in the two fields. */
export function showRange(range) {
  byId("range-start").value = range ? range[0].toFixed(2) : "";
  byId("range-stop").value = range ? range[1].toFixed(2) : "";
  if (range) byId("range-panel").open = true;
}

function readRange() {
  const range = [readTime(byId("range-start").value), readTime(byId("range-stop").value)];
  return range[0] < range[1] ? range : null;
}

async function regenerate() {
  const range = readRange();
  if (!range) return showError("range-error", "Type two times in seconds, the smaller one first, such as 4 and 8.5.");
  await start({ range, of: chosen }, "range-error");
}

async function start(wish, place) {
  if (isOff(byId("generate"))) return; // one at a time
  showError("generate-error", "");
  showError("range-error", "");
  try {
    watch(await api.generate(session.id, wish));
  } catch (error) {
    showError(place, error);
  }
}

/** Follow a job until it ends, also one that was begun before a reload. */
async function watch(job) {
  if (watched === job.id) return;
  watched = job.id;
  const { id } = session;
  byId("job").hidden = false;
  for (const id of ["generate", "regenerate"]) setOff(byId(id), true);
  announce("Generating");
  try {
    let told = 0;
    while (watched === job.id && (job.state === "waiting" || job.state === "running")) {
      showJob(job);
      if (job.progress - told > 0.24) announce(byId("job-words").textContent);
      if (job.progress - told > 0.24) told = job.progress;
      await new Promise((resolve) => setTimeout(resolve, POLL));
      job = await askAgain(job);
    }
    if (job.state === "failed") showError("generate-error", job.error);
    announce({ done: "The accompaniment is ready", cancelled: "Cancelled" }[job.state] ?? "");
  } catch (error) {
    showError("generate-error", error);
  }
  if (watched !== job.id) return; // another recording is shown by now
  stopWatching();
  await on.refresh(id, job.state === "done" ? job.results : []);
}

/** Ask for a job; one that the server does not know has ended with an earlier server. */
async function askAgain(job) {
  try {
    const answer = await api.getJob(job.id);
    showError("generate-error", "");
    return answer;
  } catch (error) {
    if (error.status === 404) throw new Error("The generation was interrupted. Generate again.");
    showError("generate-error", error);
    return job; // the server may come back
  }
}

export function stopWatching() {
  watched = null;
  byId("job").hidden = true;
  for (const id of ["generate", "regenerate"]) setOff(byId(id), false);
}

function showJob({ state, ahead, progress, seconds_left: left, message }) {
  const bar = byId("job-progress");
  if (state === "waiting") {
    bar.removeAttribute("value");
    byId("job-words").textContent = ahead ? `Waiting: ${ahead} before this one` : (message ?? "Waiting");
    return;
  }
  bar.value = progress;
  const time = left == null ? "" : `, about ${left < 90 ? `${Math.ceil(left)} s` : `${Math.round(left / 60)} minutes`} left`;
  byId("job-words").textContent = `Generating: ${percent(progress)}${time}`;
}

async function cancel() {
  try {
    if (watched) await api.cancelJob(watched);
  } catch (error) {
    showError("generate-error", error);
  }
}

async function removeResult() {
  if (!(await ask(`Delete result ${chosen} and its files?`))) return;
  try {
    await api.deleteResult(session.id, chosen);
  } catch (error) {
    return showError("generate-error", error);
  }
  await on.refresh(session.id, []);
  byId("generate").focus();
}
