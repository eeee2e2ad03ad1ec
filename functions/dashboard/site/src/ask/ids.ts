/** A provider's id as it stands in a path of the API: as it is, or as `~` and base64url of its UTF-8 (docs/api.md). */
export function pathId(id: string): string {
  if (/^[A-Za-z0-9._:-]+$/.test(id)) return id
  const bytes = new TextEncoder().encode(id)
  return `~${btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')}`
}
