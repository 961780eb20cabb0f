import { type ReadonlySignal, useComputed } from '@preact/signals';
import { useApp } from '../app-context.js';
import type { Incident, Status } from '../api/types.js';
import { personOf } from '../../../src/shared/person.js';
import { formats, texts } from '../translations/translations.js';
import { urgencyOf } from './limits.js';

export function StatusBadge({ status }: { readonly status: Status }) {
  return <span class={`status status-${status}`}>{texts.value.status[status]}</span>;
}

export function UrgentBadge() {
  return <span class="urgent">{texts.value.urgent}</span>;
}

/** The name of an actor; what the history has of it besides is in its title. */
export function Person({ actor }: { readonly actor: string }) {
  const name = personOf(actor);
  return <bdi title={name === actor ? undefined : actor}>{name}</bdi>;
}

/** How long an open incident waits: it grows each second, and its colour follows the limit of the policy. */
export function WaitingTime({ incident }: { readonly incident: ReadonlySignal<Incident> }) {
  const { limits, now } = useApp();
  const waiting = useComputed(() => limits.waitingOf(incident.value));
  const urgency = useComputed(() => (waiting.value ? urgencyOf(waiting.value, now.value) : 'calm'));
  const text = useComputed(() =>
    waiting.value
      ? formats.value.duration(now.value.getTime() - waiting.value.since.getTime())
      : formats.value.short(new Date(incident.value.updated_at), now.value),
  );
  return (
    <time class={`waiting ${waiting.value ? urgency.value : 'done'}`} dateTime={incident.value.created_at}>
      {text}
    </time>
  );
}

/** A moment as people say it, with the exact time in its title. */
export function Moment({ at }: { readonly at: string }) {
  const { now } = useApp();
  const date = new Date(at);
  const text = useComputed(() => formats.value.relative(new Date(at), now.value));
  return (
    <time dateTime={at} title={formats.value.exact(date)}>
      {text}
    </time>
  );
}
