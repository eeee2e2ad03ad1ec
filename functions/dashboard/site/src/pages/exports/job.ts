// Jobs: how far a file is, and getting it.
import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useEffect, useRef } from 'preact/hooks'
import { type AskError, answered, client, type Schemas } from '../../ask'
import { isUnderWay, pause } from './looks'

export type Job = Schemas['JobView']
export type Change = 'cancel' | 'retry' | 'delete'

const KEY = '/v1/exports/{id}'
const LISTS = ['/v1/exports', '/v1/exports/everybody', '/v1/schedules/{id}/runs']

/** One job, looked at until it is over. */
export function useJob(id: string | null) {
  return useQuery<Job, AskError>({
    queryKey: [KEY, id],
    queryFn: ({ signal }) =>
      answered(client.GET('/v1/exports/{id}', { params: { path: { id: id ?? '' } }, signal })),
    enabled: id !== null,
    refetchInterval: (query) =>
      query.state.data && isUnderWay(query.state.data) ? pause(query.state.dataUpdateCount) : false,
    refetchIntervalInBackground: true,
  })
}

/** Looks again while something is under way, ever more slowly; `what` names it, and a new one begins anew. */
export function useAgain(what: string, look: () => unknown): void {
  const again = useRef(look)
  again.current = look
  useEffect(() => {
    if (!what) return
    let looks = 0
    let timer = 0
    const wait = () => {
      timer = window.setTimeout(async () => {
        looks += 1
        await again.current()
        wait()
      }, pause(looks))
    }
    wait()
    return () => window.clearTimeout(timer)
  }, [what])
}

/** Asks for the short-lived address of a file and opens it: the browser saves what comes. */
export async function download(id: string): Promise<void> {
  const { url } = await answered(client.GET('/v1/exports/{id}/link', { params: { path: { id } } }))
  const link = document.createElement('a')
  link.href = url
  link.rel = 'noreferrer'
  link.click()
}

function changed(id: string, change: Change) {
  const at = { params: { path: { id } } }
  if (change === 'cancel') return client.POST('/v1/exports/{id}/cancel', at)
  if (change === 'retry') return client.POST('/v1/exports/{id}/retry', at)
  return client.DELETE('/v1/exports/{id}', at)
}

export function useJobChange() {
  const cache = useQueryClient()
  return useMutation<Job, AskError, { id: string; change: Change }>({
    mutationFn: ({ id, change }) => answered(changed(id, change)),
    onSuccess: (job, { id, change }) => {
      if (change === 'delete') cache.removeQueries({ queryKey: [KEY, id] })
      else cache.setQueryData([KEY, id], job)
      return Promise.all(LISTS.map((path) => cache.invalidateQueries({ queryKey: [path] })))
    },
    // Somebody or something was faster: what is shown is old.
    onError: () => cache.invalidateQueries({ queryKey: ['/v1/exports'] }),
  })
}

/** Orders a file; lists of files are asked for again. */
export function useOrder<Body>(
  order: (body: Body) => Promise<{ data?: Job; error?: unknown; response: Response }>,
) {
  const cache = useQueryClient()
  return useMutation<Job, AskError, Body>({
    mutationFn: (body) => answered(order(body)),
    onSuccess: (job) => {
      cache.setQueryData([KEY, job.id], job)
      return cache.invalidateQueries({ queryKey: ['/v1/exports'] })
    },
  })
}
