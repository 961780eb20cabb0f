/** How long loops over what clients send may keep the event loop in one turn, all of them together, in milliseconds. */
const MAX_TURN_MS = 8;

let began: number | undefined;
const paused: (() => void)[] = [];

/**
 * For loops whose length a client decides: `const pause = turnPause(); if (pause) await pause;` at each step. It is
 * undefined until the turn has lasted long enough; then the loop pauses, and goes on in a later turn. Paused loops go on
 * one in each turn, in the order in which they paused: however many streams there are, other requests are served between.
 */
export function turnPause(): Promise<void> | undefined {
  const now = performance.now();
  if (began === undefined) beginTurn(now);
  else if (now - began >= MAX_TURN_MS) return new Promise((resolve) => paused.push(resolve));
  return undefined;
}

function beginTurn(now: number): void {
  began = now;
  setImmediate(() => {
    began = undefined;
    const goOn = paused.shift();
    if (!goOn) return;
    beginTurn(performance.now());
    goOn();
  });
}
