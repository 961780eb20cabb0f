/** Whose work a request is, and whether it is urgent: what a scheduler needs to know to be fair. */
export interface Workload {
  /** Of the access key, or the name of the process, that asks. Principals take turns. */
  readonly principal: string;
  /** Whether it is one of many that came together: those leave precedence to single requests, and wait for capacity. */
  readonly isBulk: boolean;
}

/** The work of the service itself, as where an operator retries what was quarantined. */
export const OWN_WORK: Workload = { principal: '', isBulk: false };
