import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** When a connection is cut: before PostgreSQL receives the commit, right after that, or after its response. */
export type Cut = 'before' | 'at-once' | 'after-answer';

export interface CuttingProxy {
  readonly port: number;
  /** The next connection on which this text is sent to PostgreSQL is cut. */
  cutAt(text: string, cut: Cut): void;
  /** How many connections have been cut. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** A proxy to PostgreSQL that cuts connections around the message that commits. */
export async function cuttingProxy(socketPath: string): Promise<CuttingProxy> {
  let armed: { text: string; cut: Cut } | undefined;
  let cuts = 0;
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(socketPath);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    let cutsAfterAnswer = false;
    const cutNow = () => {
      cuts++;
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (bytes: Buffer) => {
      if (!armed || !bytes.includes(armed.text)) return void upstream.write(bytes);
      const { cut } = armed;
      armed = undefined;
      if (cut === 'before') return cutNow();
      cutsAfterAnswer = true;
      upstream.write(bytes, () => {
        // Bytes in the kernel's buffer still arrive after the socket is destroyed.
        if (cut === 'at-once') cutNow();
      });
    });
    upstream.on('data', (bytes: Buffer) => {
      if (cutsAfterAnswer) cutNow();
      else client.write(bytes);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cutAt: (text, cut) => (armed = { text, cut }),
    get cuts() {
      return cuts;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
