// The first view: record or choose a file, and the list of recordings.

import * as api from "./api.js";
import { announce, ask, byId, clock, isOff, make, rebuild, setOff, showError } from "./dom.js";
import { Recorder } from "./recorder.js";

let recorder = null;
let recordingTempo = null;
let unsent = null; // {blob, name, tempo} that the server has not got yet
let openSession;

export function initStart(open) {
  openSession = open;
  byId("record").addEventListener("click", () => !isOff(byId("record")) && (recorder ? stop() : start()));
  byId("file").addEventListener("change", (event) => chooseFile(event.target.files));
  byId("send-again").addEventListener("click", () => send());
  byId("click-tempo").addEventListener("input", () => (byId("with-click").checked = true));
  const drop = byId("start");
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    byId("drop").classList.add("over");
  });
  drop.addEventListener("dragleave", () => byId("drop").classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    byId("drop").classList.remove("over");
    chooseFile(event.dataTransfer.files);
  });
  window.addEventListener("beforeunload", (event) => {
    if (recorder || unsent) event.preventDefault();
  });
}

export function showLimits(status) {
  const { megabytes, minutes } = status.limits ?? {};
  byId("limits").textContent = `You can also drop it here. Up to ${minutes} minutes and ${megabytes} MB.`;
  byId("folder").textContent = `They are kept on this computer, in ${status.folder}.`;
}

function readClick() {
  if (!byId("with-click").checked) return null;
  const tempo = Number(byId("click-tempo").value);
  const beats = Number(byId("click-beats").value);
  if (!(tempo >= 30 && tempo <= 300)) throw new Error("Choose a tempo from 30 to 300 for the click.");
  if (!(beats >= 1 && beats <= 12)) throw new Error("Choose 1 to 12 beats in a bar for the click.");
  return { tempo, beats, bars: Number(byId("count-in").value) };
}

async function start() {
  showError("start-error", "");
  setOff(byId("record"), true);
  const next = new Recorder(showRecording);
  try {
    const click = readClick();
    recordingTempo = click?.tempo ?? null;
    await next.start(click);
    recorder = next;
    showState("Recording");
  } catch (error) {
    showError("start-error", error);
  }
  setOff(byId("record"), false);
  byId("record").textContent = recorder ? "Stop" : "Record";
  byId("meter-row").hidden = !recorder;
  byId("click-settings").hidden = byId("drop").hidden = Boolean(recorder);
}

function showRecording({ level, words, seconds, countIn }) {
  if (countIn !== undefined) {
    const counted = byId("recording-state").textContent.startsWith("Count-in");
    if (countIn > 0) showState(`Count-in: ${countIn}`);
    else if (counted) showState("Recording");
    return;
  }
  byId("level").value = level;
  byId("level").textContent = `${Math.round(level)} dB`;
  if (byId("level-words").textContent !== words) {
    byId("level-words").textContent = words;
    announce(words);
  }
  const state = byId("recording-state");
  if (seconds > 0 && !state.textContent.startsWith("Count-in")) state.textContent = `Recording ${clock(seconds)}`;
}

function showState(text) {
  const state = byId("recording-state");
  state.hidden = !text;
  state.textContent = text;
  if (text) announce(text);
}

async function stop() {
  const ending = recorder;
  recorder = null;
  setOff(byId("record"), true);
  const recording = await ending.stop();
  byId("record").textContent = "Record";
  byId("meter-row").hidden = true;
  byId("click-settings").hidden = byId("drop").hidden = false;
  showState("");
  setOff(byId("record"), false);
  if (!recording) return;
  unsent = { ...recording, tempo: recordingTempo };
  await send();
}

async function chooseFile(files) {
  if (!files?.length) return;
  unsent = { blob: files[0], name: files[0].name, tempo: null, isFile: true };
  await send();
  byId("file").value = "";
}

async function send() {
  const { blob, name, tempo, isFile } = unsent;
  showError("start-error", "");
  byId("rescue").hidden = true;
  const progress = byId("upload-progress");
  progress.hidden = false;
  showState("Sending …");
  setOff(byId("record"), true);
  try {
    const session = await api.upload(blob, name, (share) => {
      if (share < 1) progress.value = share;
      else {
        progress.removeAttribute("value");
        showState("Finding key, tempo and chords …");
      }
    });
    unsent = null;
    if (tempo) await api.give(session.id, { tempo: String(tempo) });
    openSession(session.id);
  } catch (error) {
    showError("start-error", error);
    if (isFile) unsent = null;
    else if (unsent) offerRescue();
  } finally {
    progress.hidden = true;
    showState("");
    setOff(byId("record"), false);
  }
}

/** A recording that could not be sent can still be sent later, or be saved. */
function offerRescue() {
  byId("rescue").hidden = false;
  byId("save-recording").href = URL.createObjectURL(unsent.blob);
  byId("save-recording").download = unsent.name;
}

export async function showSessions() {
  try {
    const sessions = await api.listSessions();
    byId("sessions-block").hidden = sessions.length === 0;
    rebuild(byId("sessions"), sessions.map(makeSession));
    showError("sessions-error", "");
  } catch (error) {
    showError("sessions-error", error);
  }
}

function makeSession({ id, name, created, seconds, results }) {
  const count = Array.isArray(results) ? results.length : results;
  const day = new Date(typeof created === "number" ? 1000 * created : created);
  const words = [
    day.toLocaleString([], { dateStyle: "medium", timeStyle: "short" }),
    clock(seconds),
    count === 1 ? "1 result" : `${count} results`,
  ];
  return make(
    "li",
    {},
    make("a", { href: `#${id}`, id: `open-${id}` }, name),
    make("span", { class: "hint" }, words.join(" · ")),
    make("button", { type: "button", class: "quiet", "aria-label": `Delete ${name}`, onclick: () => remove(id, name, count) }, "Delete"),
  );
}

async function remove(id, name, count) {
  const what = count ? ` and ${count === 1 ? "its result" : `its ${count} results`}` : "";
  if (!(await ask(`Delete ${name}${what} from this computer?`))) return;
  try {
    await api.deleteSession(id);
    announce(`${name} is deleted`);
  } catch (error) {
    showError("sessions-error", error);
  }
  await showSessions();
  byId("start-title").focus();
}
