/** The maximum time per turn of the event loop for all loops over client input together. */
const MAX_TURN_MS = 8;

let turnBeganAt: number | undefined;
const paused: (() => void)[] = [];

/**
 * For loops whose length a client decides: `const pause = turnPause(); if (pause) await pause;` at each step. It is
 * undefined until the turn has lasted MAX_TURN_MS; then the loop pauses, and resumes in a later turn. One paused loop resumes
 * per turn, in the order of their pauses: however many streams there are, other requests are served in between.
 */
export function turnPause(): Promise<void> | undefined {
  const now = performance.now();
  if (turnBeganAt === undefined) beginTurn(now);
  else if (now - turnBeganAt >= MAX_TURN_MS) return new Promise((resolve) => paused.push(resolve));
  return undefined;
}

function beginTurn(now: number): void {
  turnBeganAt = now;
  setImmediate(() => {
    turnBeganAt = undefined;
    const resume = paused.shift();
    if (!resume) return;
    beginTurn(performance.now());
    resume();
  });
}

/** The work that waits for a turn, by principal, in the order of the principals' turns. */
const waiting = new Map<string, (() => void)[]>();
let isScheduled = false;
let idleUntil = 0;

/**
 * For work that cannot pause and takes long by itself, such as parsing a large body: resolves in a turn in which no other such work
 * runs. Principals alternate, and after each work the event loop is free for other requests for as long as the work took.
 */
export function ownTurn(principal: string): Promise<void> {
  return new Promise((resolve) => {
    const own = waiting.get(principal);
    if (own) own.push(resolve);
    else waiting.set(principal, [resolve]);
    scheduleOwnTurn();
  });
}

function scheduleOwnTurn(): void {
  if (isScheduled || waiting.size === 0) return;
  isScheduled = true;
  const pauseMs = idleUntil - performance.now();
  if (pauseMs > 0) setTimeout(beginOwnTurn, pauseMs);
  else setImmediate(beginOwnTurn);
}

function beginOwnTurn(): void {
  const beganAt = performance.now();
  const [principal, own] = waiting.entries().next().value!;
  waiting.delete(principal);
  own.shift()!();
  if (own.length > 0) waiting.set(principal, own);
  // The work runs as soon as this function ends, and has ended by the next turn.
  setImmediate(() => {
    const now = performance.now();
    idleUntil = now + (now - beganAt);
    isScheduled = false;
    scheduleOwnTurn();
  });
}
