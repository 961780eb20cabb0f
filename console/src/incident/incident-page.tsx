import { useComputed, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { useApp } from '../app-context.js';
import { StatusBadge, UrgentBadge, WaitingTime } from '../incidents/badges.js';
import { isOpen } from '../incidents/commands.js';
import { explain } from '../shell/explain.js';
import { texts } from '../translations/translations.js';
import { Attachments } from '../attachments/attachments.js';
import { ActionBar } from './action-bar.js';
import { AppendForm } from './append-form.js';
import { UserText } from './description.js';
import { Facts } from './facts.js';
import { History } from './history.js';
import { IncidentDetails } from './incident-details.js';
import { Related } from './related.js';

/** One incident: beside the list on a wide screen, in its place on a narrow one. Its id is its key, too: another one is another page. */
export function IncidentPage({ id }: { readonly id: number }) {
  const { api, store, userActions } = useApp();
  const details = useMemo(() => new IncidentDetails(id, api, store), [id]);
  useEffect(() => {
    const release = store.keep(id);
    void details.load();
    return () => {
      release();
    };
  }, [details]);
  // The store has no signal for an incident that it does not have; the end of loading brings it.
  const incident = useComputed(() => {
    void details.state.value;
    return store.get(details.id)?.value;
  });
  useSignalEffect(() => {
    const { value: state } = details.state;
    const { value: current } = incident;
    if (state.state === 'ready' && current) void details.update();
  });

  const { value: text } = texts;
  const { value: current } = incident;
  const { value: state } = details.state;
  return (
    <article class="incident" aria-labelledby="incident-title" data-open-incident={id}>
      <header class="incident-head">
        <button
          type="button"
          class="icon-button back"
          aria-label={text.incident.backToList}
          onClick={() => userActions.closeIncident()}
        >
          ←
        </button>
        <h1 id="incident-title">#{id}</h1>
        {current && <StatusBadge status={current.status} />}
        {current?.urgent && <UrgentBadge />}
        {current && isOpen(current) && (
          <span class="incident-waiting">
            <WaitingTime key={id} incident={store.get(id)!} />
          </span>
        )}
        <button
          type="button"
          class="icon-button close"
          aria-label={text.incident.close}
          onClick={() => userActions.closeIncident()}
        >
          ✕
        </button>
      </header>
      {state.state === 'missing' && <p class="empty">{text.incident.missing(id)}</p>}
      {state.state === 'failed' && (
        <div class="empty">
          <p>{explain(state.failure)}</p>
          <button type="button" onClick={() => void details.load()}>
            {text.retry}
          </button>
        </div>
      )}
      {!current && state.state === 'loading' && <p class="empty">{text.loading}</p>}
      {current && state.state !== 'missing' && (
        <>
          <ActionBar incident={current} />
          <div class="incident-body">
            <UserText text={current.description} class="description" />
            <Facts incident={current} />
            <Attachments details={details} />
            <Related incident={current} details={details} />
            <History details={details} />
            {userActions.mayChange && <AppendForm key={id} id={id} />}
          </div>
        </>
      )}
    </article>
  );
}
