// The requests to the server. Every failure is an Error whose message a singer can read.

const UNREACHABLE = "The server does not answer. Is samuel-web still running?";

async function request(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(`api/${path}`, options);
  } catch {
    throw new Error(UNREACHABLE);
  }
  return readAnswer(response.status, await response.text());
}

function readAnswer(status, text) {
  let answer = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    // A proxy in between may answer with a page.
  }
  if (status >= 200 && status < 300) return answer;
  const error = new Error(answer?.error ?? `The server refused this (${status}).`);
  error.status = status;
  throw error;
}

export const getStatus = () => request("GET", "status");
export const listSessions = () => request("GET", "sessions");
export const getSession = (id) => request("GET", `sessions/${id}`);
export const deleteSession = (id) => request("DELETE", `sessions/${id}`);
export const give = (id, given) => request("PUT", `sessions/${id}/given`, given);
export const generate = (id, wish) => request("POST", `sessions/${id}/generate`, wish);
export const undo = (id) => request("POST", `sessions/${id}/undo`, {});
export const getJob = (id) => request("GET", `jobs/${id}`);
export const cancelJob = (id) => request("DELETE", `jobs/${id}`);
export const deleteResult = (id, result) => request("DELETE", `sessions/${id}/results/${result}`);
export const vocalUrl = (id) => `api/sessions/${id}/vocal`;
export const resultUrl = (id, result, file) => `api/sessions/${id}/results/${result}/${file}`;

/** Send a recording; `onProgress` gets the share that is sent. */
export function upload(blob, name, onProgress) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", `api/sessions?name=${encodeURIComponent(name)}`);
    sending.setRequestHeader("Content-Type", "application/octet-stream");
    sending.upload.onprogress = (event) => onProgress(event.loaded / Math.max(1, event.total));
    sending.onerror = () => reject(new Error(UNREACHABLE));
    sending.onload = () => {
      try {
        resolve(readAnswer(sending.status, sending.responseText));
      } catch (error) {
        reject(error);
      }
    };
    sending.send(blob);
  });
}

/** Fetch a sound and decode it. */
export async function fetchSound(url) {
  let response;
  try {
    response = await fetch(url);
  } catch {
    throw new Error(UNREACHABLE);
  }
  if (!response.ok) readAnswer(response.status, await response.text());
  return new OfflineAudioContext(2, 1, 44100).decodeAudioData(await response.arrayBuffer());
}
