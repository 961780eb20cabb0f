import { once } from 'node:events';
import { createServer } from 'node:http';
import { aPort } from '../ports.ts';
import { Broker } from './broker.ts';
import { kafkaJars } from './jars.ts';

/**
 * Answers each request on this socket with the address of one Kafka broker, which starts at the first request. Specs share it,
 * since a broker costs more to start than most specs cost to run.
 */
export async function serveBroker(socketPath) {
  let starting;
  const server = createServer((_, response) => {
    starting ??= Broker.start(kafkaJars(), aPort);
    starting.then(
      ({ address }) => response.end(address),
      ({ message }) => response.writeHead(500).end(message),
    );
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    stop: async () => {
      server.close();
      const broker = await starting?.catch(() => undefined);
      await broker?.stop();
    },
  };
}
