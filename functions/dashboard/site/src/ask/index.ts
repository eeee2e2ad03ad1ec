// The published API, typed from its own description (docs/openapi.json).
import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/preact-query'
import createClient, { type MaybeOptionalInit, type Middleware } from 'openapi-fetch'
import type { PathsWithMethod } from 'openapi-typescript-helpers'
import { base, type Tokens } from '../session/tokens'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type GetPath = PathsWithMethod<paths, 'get'>
export type GetInit<P extends GetPath> = MaybeOptionalInit<paths[P], 'get'>
/** The JSON of a successful answer. */
export type Answer<P extends GetPath> = paths[P] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } }
}
  ? Body
  : never

export interface FieldError {
  field: string
  reason: string
}

/** A refusal of the API (a problem document) or a network that is down (`status` 0). */
export class AskError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
    readonly requestId = '',
    readonly retryAfterS: number | null = null,
    readonly document: Record<string, unknown> = {},
  ) {
    super(detail || title)
  }
}

async function refusal(response: Response, body: unknown): Promise<AskError> {
  const problem = (body && typeof body === 'object' ? body : {}) as Record<string, unknown>
  const wait = Number(response.headers.get('Retry-After'))
  return new AskError(
    response.status,
    String(problem.title ?? problem.message ?? response.statusText),
    String(problem.detail ?? ''),
    (Array.isArray(problem.errors) ? problem.errors : []) as FieldError[],
    String(problem.request_id ?? ''),
    Number.isFinite(wait) && wait > 0 ? wait : null,
    problem,
  )
}

let tokens: Tokens | null = null
let onSignedOut: () => void = () => {}

export const client = createClient<paths>({
  baseUrl: base().replace(/\/$/, ''),
  querySerializer: { array: { style: 'form', explode: true } },
})

const bearer: Middleware = {
  async onRequest({ request }) {
    const token = await tokens?.access()
    if (!token) {
      onSignedOut()
      throw new AskError(401, 'signed out', '')
    }
    request.headers.set('Authorization', `Bearer ${token}`)
    return request
  },
  async onResponse({ response }) {
    if (response.status === 401) onSignedOut()
    return response
  },
}
client.use(bearer)

/** Called once at the start: whose tokens to send, and what to do when they are refused. */
export function speakAs(mine: Tokens, signedOut: () => void): void {
  tokens = mine
  onSignedOut = signedOut
}

/** What a call of `client` answered, or throws its `AskError`. */
export async function answered<T>(
  asked: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let got: { data?: T; error?: unknown; response: Response }
  try {
    got = await asked
  } catch (error) {
    if (error instanceof AskError || (error instanceof DOMException && error.name === 'AbortError'))
      throw error
    throw new AskError(0, 'offline', error instanceof Error ? error.message : '')
  }
  if (!got.response.ok) throw await refusal(got.response, got.error)
  return got.data as T
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: true,
      retry: (count, error) => error instanceof AskError && [0, 503].includes(error.status) && count < 3,
      retryDelay: (attempt, error) =>
        error instanceof AskError && error.retryAfterS
          ? error.retryAfterS * 1000
          : Math.min(1000 * 2 ** attempt, 8000),
    },
  },
})

export interface AskOptions {
  enabled?: boolean
  /** Milliseconds between two looks; widgets refresh each minute by themselves (features.md W31). */
  every?: number | false
  /** Show the old answer while a new one is on its way. */
  keep?: boolean
}

/** One answer of the API by GET: `useAnswer('/v1/analytics/summary', { params: { query } })`. */
export function useAnswer<P extends GetPath>(path: P, init: GetInit<P>, options: AskOptions = {}) {
  return useQuery<Answer<P>, AskError>({
    queryKey: [path, init],
    queryFn: ({ signal }) =>
      answered(client.GET(path, { ...(init as object), signal } as never) as never) as Promise<Answer<P>>,
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
    placeholderData: options.keep === false ? undefined : keepPreviousData,
  })
}

/** A list that is read page by page: `cursor` puts the last page's mark into the next request. */
export function usePages<P extends GetPath>(
  path: P,
  init: (cursor: string | null) => GetInit<P>,
  next: (page: Answer<P>) => string | null | undefined,
  options: AskOptions = {},
) {
  return useInfiniteQuery<Answer<P>, AskError, { pages: Answer<P>[] }, readonly unknown[], string | null>({
    queryKey: [path, 'pages', init(null)],
    queryFn: ({ signal, pageParam }) =>
      answered(client.GET(path, { ...(init(pageParam) as object), signal } as never) as never) as Promise<
        Answer<P>
      >,
    initialPageParam: null,
    getNextPageParam: (page) => next(page) || null,
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
  })
}

/** A change: `useChange(body => client.PUT(...), ['/v1/targets'])`; answers of the named paths are asked for again. */
export function useChange<V, T>(
  change: (value: V) => Promise<{ data?: T; error?: unknown; response: Response }>,
  stale: GetPath[] = [],
) {
  const cache = useQueryClient()
  return useMutation<T, AskError, V>({
    mutationFn: (value) => answered(change(value)),
    onSuccess: () => Promise.all(stale.map((path) => cache.invalidateQueries({ queryKey: [path] }))),
  })
}
