// Records in the browser and puts a WAVE file where a chosen one would be; without it a file can be chosen all the same.
"use strict";

// No greeting is longer, and nobody forgets a microphone for long.
const MOST_MS = 15000;

function wave(samples, rate) {
  const file = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, letters) => [...letters].forEach((letter, n) => file.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  file.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, rate, true);
  file.setUint32(28, 2 * rate, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, "data");
  file.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, n) => file.setInt16(44 + 2 * n, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return file.buffer;
}

// What the browser recorded is in a format of its own; it knows how to read it.
async function asWave(recorded) {
  const context = new OfflineAudioContext(1, 1, 16000);
  const sound = await context.decodeAudioData(await recorded.arrayBuffer());
  return wave(sound.getChannelData(0), sound.sampleRate);
}

function prepare(form) {
  const button = form.querySelector("button.record");
  const state = form.querySelector(".record-state");
  const chosen = form.querySelector("input[type=file]");
  let recorder = null;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (recorder) {
      recorder.stop();
      return;
    }
    let microphone;
    try {
      microphone = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    } catch {
      state.textContent = form.dataset.refused;
      return;
    }
    const pieces = [];
    recorder = new MediaRecorder(microphone);
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", async () => {
      microphone.getTracks().forEach((track) => track.stop());
      recorder = null;
      button.textContent = form.dataset.record;
      try {
        const files = new DataTransfer();
        files.items.add(new File([await asWave(new Blob(pieces))], "greeting.wav", { type: "audio/wav" }));
        chosen.files = files.files;
        state.textContent = form.dataset.recorded;
      } catch {
        state.textContent = form.dataset.refused;
      }
    });
    recorder.start();
    button.textContent = form.dataset.stop;
    state.textContent = form.dataset.listening;
    setTimeout(() => recorder && recorder.stop(), MOST_MS);
  });
}

const canRecord = window.isSecureContext && navigator.mediaDevices && window.MediaRecorder;
if (canRecord) {
  document.querySelectorAll("form.recording").forEach(prepare);
} else {
  document.querySelectorAll(".needs-https").forEach((note) => { note.hidden = false; });
}
