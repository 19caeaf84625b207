// The page: which view is shown is in the address, so that a reload comes back to it.

import { getStatus } from "./api.js";
import { byId, percent, showError } from "./dom.js";
import { closeSession, initSession, loadVocal, openSession, playerForTests } from "./session_view.js";
import { setChoices } from "./sheet_view.js";
import { initStart, showLimits, showSessions } from "./start_view.js";

const POLL = 1000; // ms, while the model loads

async function route() {
  const id = location.hash.slice(1);
  if (id) {
    try {
      await openSession(id);
      showView("session");
      return loadVocal();
    } catch (error) {
      showError("sessions-error", error);
      history.replaceState(null, "", location.pathname);
    }
  } else showError("sessions-error", "");
  closeSession();
  document.title = "samuel_gen";
  showView("start");
  await showSessions();
}

function showView(name) {
  for (const view of ["start", "session"]) byId(view).hidden = view !== name;
  byId(`${name}-title`).focus({ preventScroll: true });
}

async function watchModel() {
  try {
    const status = await getStatus();
    showLimits(status);
    setChoices(status);
    const { state, progress, message } = status.model;
    const words = { ready: "", failed: message, loading: `Loading the model: ${percent(progress ?? 0)}` };
    byId("model").textContent = words[state];
    if (state === "loading") setTimeout(watchModel, POLL);
  } catch (error) {
    byId("model").textContent = error.message;
    setTimeout(watchModel, 3 * POLL);
  }
}

initSession();
initStart((id) => (location.hash = id));
window.addEventListener("hashchange", route);
await watchModel();
await route();
window.samuel = { player: playerForTests };
