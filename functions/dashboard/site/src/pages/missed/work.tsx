// Working on a case: what is said is shown at once, taken back when it is refused, and can be undone.
import { useQueries, useQuery, useQueryClient } from '@tanstack/preact-query'
import { useCallback, useMemo, useState } from 'preact/hooks'
import { AskError, answered, client, type Schemas } from '../../ask'
import { pathId } from '../../ask/ids'
import { useToast } from '../../kit/overlay'
import { useWords } from '../../words'
import type { Marked, Row, Said } from './held'

const MARKS = '/v1/cases/{id}'

export interface CaseNow {
  marks: Schemas['CaseMarks']
  version: number
}

async function readCase(id: string): Promise<CaseNow> {
  let version = 0
  const marks = await answered(
    client.GET(MARKS, { params: { path: { id: pathId(id) } } }).then((got) => {
      version = Number((got.response.headers.get('ETag') ?? '').replace(/\D/g, '') || 0)
      return got
    }),
  )
  return { marks, version }
}

const asked = (id: string) => ({ queryKey: [MARKS, id], queryFn: () => readCase(id) })

export function useCase(id: string, every: number | false = false) {
  return useQuery<CaseNow, AskError>({ ...asked(id), refetchInterval: every })
}

/** What people said of rows since the last roll-up, by id: lists show it only with the next one. */
export function usePending(rows: readonly Row[]): Map<string, Said> {
  const ids = useMemo(() => rows.filter((row) => row.pending).map((row) => row.record_id), [rows])
  const found = useQueries({ queries: ids.map(asked) })
  const made = new Map<string, Said>()
  found.forEach((one, at) => {
    const id = ids[at]
    if (id && one.data) made.set(id, { ...markedOf(one.data.marks), version: one.data.version })
  })
  return made
}

export const markedOf = (marks: Schemas['CaseMarks']): Marked => ({
  state: marks.state,
  assignee: marks.assignee,
  note: marks.note,
})

async function write(id: string, version: number, marks: Marked): Promise<number> {
  let next = version + 1
  await answered(
    client
      .PUT(MARKS, {
        params: { path: { id: pathId(id) }, header: { 'If-Match': `"${version}"` } },
        body: { ...marks, state: marks.state as Schemas['CaseMarksBody']['state'] },
      })
      .then((got) => {
        next = Number((got.response.headers.get('ETag') ?? '').replace(/\D/g, '') || next)
        return got
      }),
  )
  return next
}

/** A case as it stands before the reader: `version` is what was read. */
export interface Before {
  id: string
  version: number
  /** Further cases of the same caller, which are settled together. */
  others: string[]
}

export interface Work {
  said: Map<string, Said>
  busy: Set<string>
  change: (case_: Before & Marked, patch: Partial<Marked>, done: string) => Promise<boolean>
}

export function useWork(): Work {
  const say = useWords('missed')
  const kit = useWords('kit')
  const tell = useToast()
  const cache = useQueryClient()
  const [said, setSaid] = useState<Map<string, Said>>(new Map())
  const [busy, setBusy] = useState<Set<string>>(new Set())

  const change = useCallback(
    async (case_: Before & Marked, patch: Partial<Marked>, done: string): Promise<boolean> => {
      const { id } = case_
      const keep = (one: Said | undefined) =>
        setSaid((all) => {
          const next = new Map(all)
          if (one) next.set(id, one)
          else next.delete(id)
          return next
        })
      const occupied = (on: boolean) =>
        setBusy((all) => {
          const next = new Set(all)
          if (on) next.add(id)
          else next.delete(id)
          return next
        })
      const earlier = said.get(id)
      const version = Math.max(case_.version, earlier?.version ?? 0)
      const guess: Marked = earlier ?? { state: case_.state, assignee: case_.assignee, note: case_.note }
      keep({ ...guess, ...patch, version: version + 1 })
      occupied(true)
      try {
        const before = await readCase(id)
        // Somebody said something since this was read: he must see it first.
        if (before.version !== version) throw new AskError(412, '', '')
        const old = markedOf(before.marks)
        const wanted = { ...old, ...patch }
        keep({ ...wanted, version: version + 1 })
        const next = await write(id, version, wanted)
        keep({ ...wanted, version: next })
        const { note: _, ...shared } = patch
        const undone: (() => Promise<unknown>)[] = []
        if (Object.keys(shared).length) {
          for (const other of case_.others) {
            const one = await readCase(other)
            const after = await write(other, one.version, { ...markedOf(one.marks), ...shared })
            undone.push(() => write(other, after, markedOf(one.marks)))
          }
        }
        const undo = async () => {
          try {
            keep({ ...old, version: next + 1 })
            const last = await write(id, next, old)
            for (const one of undone) await one()
            keep({ ...old, version: last })
            tell(say('undone'))
          } catch (error) {
            keep({ ...wanted, version: next })
            tell(error instanceof AskError && error.status === 412 ? kit('changed') : say('failed'), true)
          }
          void cache.invalidateQueries({ queryKey: [MARKS] })
          void cache.invalidateQueries({ queryKey: ['/v1/cases'] })
        }
        tell(
          <span>
            {done}{' '}
            <button type="button" class="link" onClick={() => void undo()}>
              {say('undo')}
            </button>
          </span>,
        )
        return true
      } catch (error) {
        keep(earlier)
        const outdated = error instanceof AskError && error.status === 412
        tell(
          outdated ? kit('changed') : `${say('failed')} ${error instanceof AskError ? error.detail : ''}`,
          true,
        )
        return false
      } finally {
        occupied(false)
        void cache.invalidateQueries({ queryKey: [MARKS] })
        void cache.invalidateQueries({ queryKey: ['/v1/cases'] })
      }
    },
    [said, cache, tell, say, kit],
  )
  return { said, busy, change }
}
