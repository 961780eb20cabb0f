import type { Incident } from '../api/types.js';
import { useApp } from '../app-context.js';
import { StatusBadge } from '../incidents/badges.js';
import { isLegal } from '../incidents/commands.js';
import { texts } from '../translations/translations.js';
import type { IncidentDetails } from './incident-details.js';
import { IncidentLink } from './incident-link.js';

/** Other incidents that concern the same cause, or may. */
export function Related({
  incident,
  details,
}: {
  readonly incident: Incident;
  readonly details: IncidentDetails;
}) {
  const { userActions } = useApp();
  const { value: text } = texts;
  const { value: duplicates } = details.duplicates;
  const { value: similar } = details.similar;
  const mayMark = userActions.mayChange && isLegal('duplicate', incident);
  return (
    <>
      {duplicates.length > 0 && (
        <section class="related">
          <h2>{text.incident.duplicates}</h2>
          <ul>
            {duplicates.map((each) => (
              <RelatedIncident key={each.id} incident={each} />
            ))}
          </ul>
        </section>
      )}
      {similar.length > 0 && (
        <section class="related">
          <h2>{text.incident.similar}</h2>
          <ul>
            {similar.map((each) => (
              <RelatedIncident key={each.id} incident={each}>
                {each.matched_by === 'asset_number' && <span class="reason">{text.incident.sameAsset}</span>}
                {mayMark && (
                  <button
                    type="button"
                    class="quiet"
                    title={text.incident.markAsDuplicate(each.id)}
                    aria-label={text.incident.markAsDuplicate(each.id)}
                    onClick={() => {
                      userActions.dialog.value = { kind: 'duplicate', id: incident.id, original: each.id };
                    }}
                  >
                    {text.actions.duplicate}
                  </button>
                )}
              </RelatedIncident>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function RelatedIncident({
  incident,
  children,
}: {
  readonly incident: Incident;
  readonly children?: preact.ComponentChildren;
}) {
  return (
    <li>
      <IncidentLink id={incident.id} /> <StatusBadge status={incident.status} />
      <span class="line" dir="auto">
        {incident.description}
      </span>
      {children}
    </li>
  );
}
