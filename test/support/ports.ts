import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** So many ports each of the tests' processes has for itself. */
const SHARE = 5_000;

// Below those that systems give to outgoing connections (from 32768 on): none of these takes it meanwhile.
const FIRST = 10_000 + (Number(process.env['JEST_WORKER_ID'] ?? 0) % 4) * SHARE;

let next = Math.floor(Math.random() * SHARE);

/** A port that nobody has, nor gets soon, for a server that must be told one. */
export async function aPort(): Promise<number> {
  for (;;) {
    const port = FIRST + (next++ % SHARE);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

/** Whether somebody listens there. */
export async function accepts(port: number): Promise<boolean> {
  const probe = connect(port, '127.0.0.1');
  const isOpen = await once(probe, 'connect').then(
    () => true,
    () => false,
  );
  probe.destroy();
  return isOpen;
}
