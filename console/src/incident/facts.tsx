import type { ComponentChildren } from 'preact';
import { useApp } from '../app-context.js';
import type { Incident } from '../api/types.js';
import { Moment, Person } from '../incidents/badges.js';
import { texts } from '../translations/translations.js';
import { IncidentLink } from './incident-link.js';
import { messageUrl } from './links.js';

/** What is known of an incident besides its description. */
export function Facts({ incident }: { readonly incident: Incident }) {
  const { session } = useApp();
  const { value: text } = texts;
  const { assignee, origin, dedup_key: dedupKey, previous_id: previous, duplicate_of: original } = incident;
  const message = messageUrl(origin);
  return (
    <dl class="facts">
      <Fact name={text.incident.assignee}>
        {assignee === null ? (
          <span class="muted">{text.nobody}</span>
        ) : (
          <>
            <Person actor={assignee} />
            {assignee === session.principal.value?.name && <span class="you"> ({text.you})</span>}
          </>
        )}
      </Fact>
      <Fact name={text.incident.reported}>
        <Moment at={incident.reported_at ?? incident.created_at} />
      </Fact>
      <Fact name={text.incident.source}>
        {text.sources[incident.source]} · {text.channels[incident.channel]}
      </Fact>
      {incident.occurrences > 1 && (
        <Fact name={text.incident.occurrences}>
          {incident.occurrences}, <Moment at={incident.last_seen_at} />
        </Fact>
      )}
      {dedupKey !== null && (
        <Fact name={text.incident.dedupKey}>
          <code>{dedupKey}</code>
        </Fact>
      )}
      {origin !== null && (
        <Fact name={text.incident.origin}>
          {message === undefined ? (
            <code>{origin}</code>
          ) : (
            <a href={message} target="_blank" rel="noopener noreferrer">
              {text.incident.openMessage}
            </a>
          )}
        </Fact>
      )}
      {original !== null && (
        <Fact name={text.incident.duplicateOf}>
          <IncidentLink id={original} />
        </Fact>
      )}
      {previous !== null && (
        <Fact name={text.incident.previous}>
          <IncidentLink id={previous} />
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
