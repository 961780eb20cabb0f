/** The channel of imported reports. */
export const IMPORT_CHANNEL = 'import';
