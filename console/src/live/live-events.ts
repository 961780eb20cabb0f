export type Connection =
  | { readonly state: 'live' }
  | {
      readonly state: 'connecting' | 'polling' | 'offline' | 'signed-out' | 'forbidden';
      readonly since: Date;
    };
