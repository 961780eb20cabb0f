import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A part of the status line. */
const FIRST_BYTES = 12;

/** The network between a client and the service: it can be lost and come back. */
export interface Network {
  /** The service by way of this network. */
  readonly url: string;
  /** Cuts all connections, and refuses others. */
  lose(): void;
  restore(): void;
  /** Loses the network when the service answers the next request that contains this text: the answer is lost too. */
  loseAtAnswerTo(text: string): void;
  /** Cuts off the answer to the next request that contains this text after its first bytes: without any, browsers send it again. */
  loseAnswerTo(text: string): void;
  close(): Promise<void>;
}

/** A network to the service at a URL. */
export async function aNetwork(url: string): Promise<Network> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isLost = false;
  let doomed: { readonly text: string; readonly lose: (client: Socket, answer: Buffer) => void } | undefined;
  const server = createServer((client) => {
    if (isLost) {
      client.destroy();
      return;
    }
    const service = connect(Number(port), hostname);
    for (const socket of [client, service]) {
      sockets.add(socket);
      // Cut connections are the purpose.
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    let onAnswer: (answer: Buffer) => void = (answer) => client.write(answer);
    client.on('data', (bytes: Buffer) => {
      if (!doomed || !bytes.includes(doomed.text)) return;
      const { lose } = doomed;
      onAnswer = (answer) => lose(client, answer);
      doomed = undefined;
    });
    client.pipe(service);
    service.on('data', (bytes: Buffer) => onAnswer(bytes));
    client.on('close', () => service.destroy());
    service.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => sockets.forEach((socket) => socket.destroy());
  const lose = () => {
    isLost = true;
    cut();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lose,
    restore: () => {
      isLost = false;
    },
    loseAtAnswerTo: (text) => {
      doomed = { text, lose };
    },
    loseAnswerTo: (text) => {
      doomed = { text, lose: (client, answer) => client.end(answer.subarray(0, FIRST_BYTES)) };
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
