// What every form of the settings has: the version that it was made from, what is wrong beside the field, and a way
// out when somebody else was faster.
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/preact-query'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type Answer, AskError, answered, client, type GetPath, type Schemas } from '../../ask'
import { Drawer, useToast } from '../../kit/overlay'
import { Notice } from '../../kit/pieces'
import { useWords } from '../../words'

/** The header by which a change says what it was made from. */
export const ifMatch = (etag: string): { 'If-Match': string } => ({ 'If-Match': `"${etag}"` })

export interface Versioned<T> {
  document: T
  etag: string
}

/** A document that is changed as a whole, with its version. */
export function useVersioned<
  P extends
    | '/v1/directory/settings'
    | '/v1/directory/lists'
    | '/v1/targets'
    | '/v1/budgets'
    | '/v1/abuse-rules',
>(path: P) {
  return useQuery<Versioned<Answer<P>>, AskError>({
    queryKey: [path, 'versioned'],
    queryFn: async ({ signal }) => {
      let etag = ''
      const document = await answered(
        client.GET(path as GetPath, { signal } as never).then((got) => {
          const said = got as { data?: unknown; error?: unknown; response: Response }
          etag = (said.response.headers.get('ETag') ?? '').replace(/^W\//, '').replaceAll('"', '')
          return said
        }),
      )
      return { document: document as Answer<P>, etag }
    },
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  })
}

type Asked<T> = Promise<{ data?: T; error?: unknown; response: Response }>

export interface Saving<T> {
  busy: boolean
  error: AskError | null
  run: (ask: () => Asked<T>, done?: (answer: T) => void) => void
  clear: () => void
}

/** Runs one change at a time, asks the named answers for anew, and says that it is done. */
export function useSaving<T = unknown>(stale: GetPath[], said = true): Saving<T> {
  const say = useWords('kit')
  const tell = useToast()
  const cache = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<AskError | null>(null)
  const run = async (ask: () => Asked<T>, done?: (answer: T) => void) => {
    if (busy) return
    setBusy(true)
    setError(null)
    try {
      const answer = await answered(ask())
      await Promise.all(stale.map((path) => cache.invalidateQueries({ queryKey: [path] })))
      if (said) tell(say('saved'))
      done?.(answer)
    } catch (wrong) {
      setError(wrong instanceof AskError ? wrong : new AskError(0, 'offline', String(wrong)))
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, run: (ask, done) => void run(ask, done), clear: () => setError(null) }
}

interface WrongProps {
  error: AskError | null
  /** Fields that say themselves what is wrong with them. */
  fields?: string[]
  reload?: () => void
}

/** What keeps a form from being saved, where no field says it. */
export function Wrong({ error, fields = [], reload }: WrongProps) {
  const say = useWords('settings')
  const kit = useWords('kit')
  if (!error) return null
  if (error.status === 412) {
    return (
      <div role="alert">
        <Notice tone="warn">
          <div class="tight">
            <b>{kit('changed')}</b>
            <span>{say('changed.text')}</span>
            {reload ? (
              <div>
                <button type="button" onClick={reload}>
                  {kit('reload')}
                </button>
              </div>
            ) : null}
          </div>
        </Notice>
      </div>
    )
  }
  const shown = (field: string) => fields.some((one) => field === one || field.startsWith(`${one}.`))
  const left = error.errors.filter((one) => !shown(one.field))
  const text = error.status === 0 ? kit('offline.text') : error.detail || error.title
  return (
    <div role="alert">
      <Notice tone="bad">
        <div class="tight">
          <b>{error.errors.length ? say('wrong.title') : text}</b>
          {left.map((one) => (
            <span key={one.field + one.reason}>
              {one.field}: {one.reason}
            </span>
          ))}
          {error.requestId && error.status >= 500 ? (
            <span class="small-text">{kit('request', { id: error.requestId })}</span>
          ) : null}
        </div>
      </Notice>
    </div>
  )
}

interface EditorProps {
  title: ComponentChildren
  saving: Pick<Saving<unknown>, 'busy' | 'error'>
  fields: string[]
  onClose: () => void
  onSave: () => void
  reload?: () => void
  action?: string
  /** Beside the save button: delete, restore. */
  more?: ComponentChildren
  children: ComponentChildren
  disabled?: boolean
}

/** A drawer with a form. */
export function Editor({
  title,
  saving,
  fields,
  onClose,
  onSave,
  reload,
  action,
  more,
  children,
  disabled,
}: EditorProps) {
  const kit = useWords('kit')
  const { error } = saving
  // Whoever reads by keyboard or ear is taken to the first field that is wrong.
  useEffect(() => {
    if (error) document.querySelector<HTMLElement>('#editor [aria-invalid="true"]')?.focus()
  }, [error])
  return (
    <Drawer
      title={title}
      onClose={onClose}
      foot={
        <>
          {more ? <div class="row editor-more">{more}</div> : null}
          <button type="button" onClick={onClose}>
            {kit('cancel')}
          </button>
          <button type="submit" form="editor" class="primary" disabled={saving.busy || disabled}>
            {action ?? kit('save')}
          </button>
        </>
      }
    >
      <form
        id="editor"
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          onSave()
        }}
      >
        <Wrong error={saving.error} fields={fields} reload={reload} />
        {children}
      </form>
    </Drawer>
  )
}

export interface Editing<T> {
  /** null: a new one. */
  row: T | null
}

/** Which row is being edited. `reload` shows it as it is now. */
export function useEditing<T extends { id: string; etag: string }>(
  refetch: () => Promise<{ data?: unknown }>,
  rows: (data: unknown) => T[],
) {
  const [editing, setEditing] = useState<Editing<T> | null>(null)
  const reload = async () => {
    const id = editing?.row?.id
    const got = await refetch()
    const row = rows(got.data).find((one) => one.id === id)
    setEditing(row ? { row } : null)
  }
  return {
    editing,
    add: () => setEditing({ row: null }),
    edit: (row: T) => setEditing({ row }),
    close: () => setEditing(null),
    reload: () => void reload(),
    key: editing ? (editing.row ? `${editing.row.id} ${editing.row.etag}` : 'new') : '',
  }
}

interface LinesProps {
  label: ComponentChildren
  why?: ComponentChildren
  wrong?: string
  value: string
  onChange: (value: string) => void
  rows?: number
  id: string
}

export function Lines({ label, why, wrong, value, onChange, rows = 4, id }: LinesProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={`${id}-about`}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <div id={`${id}-about`}>
        {wrong ? <div class="wrong">{wrong}</div> : null}
        {why ? <div class="why">{why}</div> : null}
      </div>
    </div>
  )
}

/** Names and values, one below the other; an empty name is left out. */
export interface PairsProps {
  label: string
  name: string
  value: string
  pairs: [string, string][]
  onChange: (pairs: [string, string][]) => void
  wrong?: string
}

export function Pairs({ label, name, value, pairs, onChange, wrong }: PairsProps) {
  const kit = useWords('kit')
  const put = (at: number, pair: [string, string]) => onChange(pairs.map((one, n) => (n === at ? pair : one)))
  return (
    <fieldset class="tight">
      <legend>{label}</legend>
      {pairs.map(([key, text], at) => (
        <div class="pair" key={at}>
          <input
            aria-label={name}
            placeholder={name}
            value={key}
            onInput={(event) => put(at, [event.currentTarget.value, text])}
          />
          <input
            aria-label={key || value}
            placeholder={value}
            value={text}
            onInput={(event) => put(at, [key, event.currentTarget.value])}
          />
          <button
            type="button"
            class="quiet"
            onClick={() => onChange(pairs.filter((_, n) => n !== at))}
            aria-label={`${kit('delete')} ${key}`}
          >
            ×
          </button>
        </div>
      ))}
      {wrong ? <div class="bad small-text">{wrong}</div> : null}
      <div>
        <button type="button" class="small" onClick={() => onChange([...pairs, ['', '']])}>
          {kit('add')}
        </button>
      </div>
    </fieldset>
  )
}

export type User = Schemas['UserView']
export type Team = Schemas['TeamView']
export type NumberRow = Schemas['NumberView']
export type Connection = Schemas['ConnectionView']
