import { DomainError } from '../domain-error.js';

export class HeartbeatNotFound extends DomainError {
  /** @param name undefined for a ping, whose token must not be repeated. */
  constructor(name?: string) {
    super(
      'heartbeat.not-found',
      name === undefined ? 'There is no heartbeat with this ping URL.' : `There is no heartbeat ${name}.`,
    );
  }
}
