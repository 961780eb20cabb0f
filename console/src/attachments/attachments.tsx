import { useSignal } from '@preact/signals';
import { useApp } from '../app-context.js';
import type { Attachment } from '../api/types.js';
import type { IncidentDetails } from '../incident/incident-details.js';
import { explain } from '../shell/explain.js';
import { formats, texts } from '../translations/translations.js';
import { fileUrl, isUnsupported, kindOf, previewUrl } from './attachment-kind.js';
import { FileButtons } from './file-buttons.js';
import { UploadList } from './upload-list.js';

const UNKNOWN_TYPE = 'application/octet-stream';

/** Whether an attachment is a tile that opens the viewer. */
const isTile = ({ content_type: type }: Attachment) => ['image', 'video'].includes(kindOf(type));

/** The files of an incident: images and video as tiles that open the viewer, sound with a player, everything else as a download. */
export function Attachments({ details }: { readonly details: IncidentDetails }) {
  const { uploads, userActions } = useApp();
  const { value: text } = texts;
  const { value: attachments } = details.attachments;
  const { value: failure } = details.attachmentsFailure;
  const { mayAttach } = userActions;
  const isEmpty = attachments.length === 0 && uploads.of(details.id).length === 0;
  if (isEmpty && !failure && !mayAttach) return null;
  const tiles = attachments.filter(isTile);
  const others = attachments.filter((attachment) => !isTile(attachment));
  return (
    <section class="attachments" aria-labelledby="attachments-title">
      <div class="attachments-head">
        <h2 id="attachments-title">{text.files.title}</h2>
        {mayAttach && <FileButtons onFiles={(files) => userActions.attach(details.id, files)} />}
      </div>
      {failure && (
        <p class="error">
          {explain(failure)}{' '}
          <button type="button" onClick={() => void details.loadAttachments()}>
            {text.retry}
          </button>
        </p>
      )}
      {tiles.length > 0 && (
        <ul class="thumbnails">
          {tiles.map((attachment) => (
            <Tile key={attachment.number} details={details} attachment={attachment} />
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <ul class="files">
          {others.map((attachment) => (
            <FileRow key={attachment.number} incident={details.id} attachment={attachment} />
          ))}
        </ul>
      )}
      <UploadList incident={details.id} />
    </section>
  );
}

interface TileProps {
  readonly details: IncidentDetails;
  readonly attachment: Attachment;
}

function Tile({ details, attachment }: TileProps) {
  const { userActions } = useApp();
  const { number, name, content_type: type, has_preview: hasPreview } = attachment;
  const isBroken = useSignal(false);
  return (
    <li>
      <button
        type="button"
        class="thumbnail"
        title={name}
        data-attachment={number}
        onClick={() => userActions.view(details.id, details.attachments, number)}
      >
        {hasPreview && !isBroken.value ? (
          <img
            // Some browsers heed it only if it is set before the source is.
            loading="lazy"
            decoding="async"
            src={previewUrl(details.id, attachment)}
            alt={name}
            width={112}
            height={84}
            onError={() => (isBroken.value = true)}
          />
        ) : (
          <span class="thumbnail-name">
            {kindOf(type) === 'video' && <span aria-hidden="true">▶ </span>}
            <bdi>{name}</bdi>
          </span>
        )}
      </button>
    </li>
  );
}

function FileRow({ incident, attachment }: { readonly incident: number; readonly attachment: Attachment }) {
  const { files: text } = texts.value;
  const { name, content_type: type, number } = attachment;
  const isBroken = useSignal(false);
  const url = fileUrl(incident, attachment);
  const isAudio = kindOf(type) === 'audio';
  return (
    <li data-attachment={number}>
      <div class="file-head">
        <a href={url} download={name} class="file-link">
          <bdi>{name}</bdi>
        </a>
        <FileFacts attachment={attachment} />
      </div>
      {isAudio && (
        <audio controls preload="none" src={url} aria-label={name} onError={() => (isBroken.value = true)} />
      )}
      {isBroken.value && <p class="hint">{text.notPlayed}</p>}
      {isUnsupported(type) && <p class="hint">{text.notShown}</p>}
    </li>
  );
}

/** The type and the size of an attachment. */
export function FileFacts({ attachment: { content_type: type, size } }: { readonly attachment: Attachment }) {
  const { files: text } = texts.value;
  return (
    <span class="muted">
      {type === UNKNOWN_TYPE ? text.unknownType : type} · {formats.value.bytes(size)}
    </span>
  );
}
