import { AttachedFileLink } from '../attachments/attached-file-link.js';
import { useApp } from '../app-context.js';
import type { IncidentEvent } from '../api/types.js';
import { Moment, Person } from '../incidents/badges.js';
import { texts } from '../translations/translations.js';
import { UserText } from './description.js';
import type { IncidentDetails } from './incident-details.js';

/** Everything that happened to an incident, the oldest first: who, when, and through which channel. */
export function History({ details }: { readonly details: IncidentDetails }) {
  const { value: events } = details.history;
  return (
    <section class="history" aria-labelledby="history-title">
      <h2 id="history-title">{texts.value.incident.history}</h2>
      <ol>
        {events.map((event) => (
          <HistoryEvent key={event.seq} event={event} details={details} />
        ))}
      </ol>
      {details.hasMore.value && (
        <button type="button" onClick={() => void details.loadHistory()}>
          {texts.value.incident.more}
        </button>
      )}
    </section>
  );
}

interface EventProps {
  readonly event: IncidentEvent;
  readonly details: IncidentDetails;
}

function HistoryEvent({ event, details }: EventProps) {
  const { session } = useApp();
  const isMine = event.actor === session.principal.value?.name;
  return (
    <li class={`event event-${event.type}`}>
      <div class="event-head">
        <strong>
          <Person actor={event.actor} />
          {isMine && <span class="you"> ({texts.value.you})</span>}
        </strong>{' '}
        {event.attachment ? (
          <span>
            {texts.value.files.attached} <AttachedFileLink details={details} file={event.attachment} />
          </span>
        ) : (
          <span>{texts.value.events[event.type](event)}</span>
        )}
        <span class="event-when">
          <Moment at={event.at} /> · {texts.value.channels[event.channel]}
        </span>
      </div>
      {event.text !== undefined && event.type !== 'reported' && <UserText text={event.text} />}
    </li>
  );
}
