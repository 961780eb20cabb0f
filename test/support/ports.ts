import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** The number of ports for each worker of Jest. */
const PORTS_PER_WORKER = 5_000;

// Below the ports of outgoing connections (from 32768 on), so that none of them uses the port meanwhile.
const FIRST_PORT = 10_000 + (Number(process.env['JEST_WORKER_ID'] ?? 0) % 4) * PORTS_PER_WORKER;

let next = Math.floor(Math.random() * PORTS_PER_WORKER);

/** A free port, different for each test, for a server that cannot choose one itself. */
export async function aPort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + (next++ % PORTS_PER_WORKER);
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

/** Whether a server accepts connections on this port. */
export async function accepts(port: number): Promise<boolean> {
  const probe = connect(port, '127.0.0.1');
  const isOpen = await once(probe, 'connect').then(
    () => true,
    () => false,
  );
  probe.destroy();
  return isOpen;
}
