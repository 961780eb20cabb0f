import type { ComponentChildren } from 'preact';
import { useApp } from '../app-context.js';
import { formatPlace, type ListPlace, START } from '../router.js';

/** A link to an incident, which opens beside the list as it is. */
export function IncidentLink({
  id,
  children,
}: {
  readonly id: number;
  readonly children?: ComponentChildren;
}) {
  const { router, userActions } = useApp();
  const { value: place } = router.place;
  const target: ListPlace = { ...(place.page === 'list' ? place : START), incident: id };
  return (
    <a
      href={formatPlace(target)}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        userActions.open(id);
      }}
    >
      {children ?? `#${id}`}
    </a>
  );
}
