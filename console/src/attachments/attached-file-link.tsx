import { useApp } from '../app-context.js';
import type { AttachedFile } from '../api/types.js';
import type { IncidentDetails } from '../incident/incident-details.js';
import { fileUrl, kindOf } from './attachment-kind.js';

interface Props {
  readonly details: IncidentDetails;
  readonly file: AttachedFile;
}

/** The file of an event in the history: what browsers show opens in the viewer. */
export function AttachedFileLink({ details, file }: Props) {
  const { userActions } = useApp();
  const { number, name, content_type: type } = file;
  return (
    <a
      href={fileUrl(details.id, file)}
      target="_blank"
      rel="noopener noreferrer"
      onClick={(event) => {
        const isListed = details.attachments.value.some((each) => each.number === number);
        const isOtherWindow = event.ctrlKey || event.metaKey || event.shiftKey;
        if (isOtherWindow || !isListed || kindOf(type) === 'file') return;
        event.preventDefault();
        userActions.view(details.id, details.attachments, number);
      }}
    >
      <bdi>{name}</bdi>
    </a>
  );
}
