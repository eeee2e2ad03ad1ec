// Files that a route answers at once: the browser keeps them under the name that the answer gives.
import { answered } from '../ask'

/** `await saveFile(client.GET('/v1/…/export', { params, parseAs: 'blob' }), 'presence.csv')`; throws its `AskError`. */
export async function saveFile(
  asked: Promise<{ data?: unknown; error?: unknown; response: Response }>,
  usual: string,
): Promise<void> {
  const got = await asked
  const blob = await answered(Promise.resolve(got as { data?: Blob; error?: unknown; response: Response }))
  const named = /filename="([^"]+)"/.exec(got.response.headers.get('Content-Disposition') ?? '')?.[1]
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = named ?? usual
  link.click()
  setTimeout(URL.revokeObjectURL, 10_000, url)
}
