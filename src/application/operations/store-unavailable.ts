/** The store behind the ports is away, or too busy to answer within its time limits. Trying again later may help. */
export class StoreUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('The register cannot answer right now.', options);
  }
}

/** It was away when it should have answered a change: the change was made, or not, or will be yet. */
export class OutcomeUnknown extends StoreUnavailable {}
