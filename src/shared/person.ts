/** The name of a person as people read it: an actor who writes in a messenger has an id in front of it, such as `telegram:7 Anna`. */
export function personOf(actor: string): string {
  return /^[a-z]+:-?\d+ (.+)$/su.exec(actor)?.[1] ?? actor;
}
