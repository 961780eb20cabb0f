import type { Provenance } from '../../domain/incident/incident-channel.js';

/** The chats of the demo: no bot serves them, so nothing is sent anywhere. */
export const CHATS = { scooters: 'tg:-1001900000001', shops: 'tg:-1001900000002' } as const;

/** Who works on the incidents of a chat, as the bot names them. */
export const CREWS = {
  scooters: ['telegram:101 Анна Ким', 'telegram:102 Борис', 'telegram:103 Мадина'],
  shops: ['telegram:103 Мадина', 'telegram:104 Oliver Grant', 'telegram:105 Priya'],
} as const;

/** Who works in the console, by the names of their keys. */
export const CONSOLE_USERS = ['elena', 'james'] as const;

export const onTelegram = (actor: string): Provenance => ({ actor, channel: 'telegram' });
export const onRest = (actor: string): Provenance => ({ actor, channel: 'rest' });
export const ALERTMANAGER: Provenance = { actor: 'alertmanager', channel: 'alertmanager' };
export const PAYMENT_PARTNER: Provenance = { actor: 'payment-partner', channel: 'kafka' };
export const FLEET_MONITOR: Provenance = onRest('fleet-monitor');
