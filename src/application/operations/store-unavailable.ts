/** The database is unreachable, or too busy to answer within its timeouts. A retry may succeed. */
export class StoreUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('The database does not answer.', options);
  }
}

/** The database was lost while it committed a change: the change is committed, or not, or will be yet. */
export class OutcomeUnknown extends StoreUnavailable {}
