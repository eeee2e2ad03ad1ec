// Saved reports (features.md N21): a page's filter under a name, to open again, share, rename and delete.
// <SavedMenu page="interactions" params={filter} /> stands among the tools of a page.
import { useQueryClient } from '@tanstack/preact-query'
import { Bookmark, CalendarClock, ChevronDown, Settings2, Share2 } from 'lucide-preact'
import { useState } from 'preact/hooks'
import { useLocation } from 'wouter-preact'
import { type AskError, answered, client, type Schemas, useAnswer, useChange } from '../ask'
import { Check, Refusal, Text, wrongOf } from '../kit/inputs'
import { Confirm, Dialog, Menu, useToast } from '../kit/overlay'
import { useMay, useSession } from '../session'
import { useFieldNames, useWords } from '../words'

type Saved = Schemas['SavedView']
type Parameters = NonNullable<Schemas['SavedBody']['parameters']>

/** The route whose question a page asks, and what of it the page itself says. */
const VIEWS = {
  overview: { view: '/v1/analytics/summary' },
  team: { view: '/v1/analytics/team' },
  numbers: { view: '/v1/analytics/breakdown', fixed: { by: 'number' } },
  missed: { view: '/v1/cases' },
  interactions: { view: '/v1/interactions' },
  contacts: { view: '/v1/interactions' },
  customers: { view: '/v1/customers' },
  quotes: { view: '/v1/deals' },
  spend: { view: '/v1/analytics/summary' },
} as const satisfies Record<string, { view: string; fixed?: Parameters }>
export type SavedPage = keyof typeof VIEWS

function fixedOf(page: SavedPage): Parameters {
  const asked: { view: string; fixed?: Parameters } = VIEWS[page]
  return asked.fixed ?? {}
}

/** Routes that a schedule or an export makes files of. */
const FILED = new Set<string>([
  '/v1/analytics/summary',
  '/v1/analytics/team',
  '/v1/analytics/breakdown',
  '/v1/cases',
  '/v1/interactions',
])
const LIST = '/v1/saved-reports'

function clean(params: object): Parameters {
  const kept = Object.entries(params).filter(
    ([, value]) =>
      value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && !value.length),
  )
  return Object.fromEntries(kept) as Parameters
}

function SaveDialog({ page, params, onClose }: { page: SavedPage; params: object; onClose: () => void }) {
  const say = useWords('exports')
  const tell = useToast()
  const [name, setName] = useState('')
  const [shared, setShared] = useState(false)
  const save = useChange((body: Schemas['SavedBody']) => client.POST(LIST, { body }), [LIST])
  return (
    <Dialog
      title={say('saved.save')}
      onClose={onClose}
      foot={
        <button type="submit" form="save-report" class="primary" disabled={!name.trim() || save.isPending}>
          {say('save')}
        </button>
      }
    >
      <form
        id="save-report"
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(
            { name, shared, view: VIEWS[page].view, parameters: { ...clean(params), ...fixedOf(page) } },
            {
              onSuccess: () => {
                tell(say('saved.kept', { name }))
                onClose()
              },
            },
          )
        }}
      >
        <Text
          label={say('name')}
          value={name}
          onChange={setName}
          maxLength={120}
          required
          wrong={wrongOf(save.error, 'name')}
        />
        <Check
          label={say('saved.share')}
          why={say('saved.share.why')}
          checked={shared}
          onChange={setShared}
        />
        <Refusal error={save.error} />
      </form>
    </Dialog>
  )
}

function Row({ report, page, params }: { report: Saved; page: SavedPage; params: object }) {
  const say = useWords('exports')
  const tell = useToast()
  const may = useMay('export')
  const [, go] = useLocation()
  const [name, setName] = useState(report.name)
  const [deleting, setDeleting] = useState(false)
  const headers = { 'If-Match': `"${report.version}"` }
  const path = { id: report.id }
  const put = useChange(
    (change: Partial<Schemas['SavedBody']>) =>
      client.PUT('/v1/saved-reports/{id}', {
        params: { path, header: headers },
        body: {
          name: report.name,
          view: report.view,
          parameters: report.parameters as Parameters,
          shared: report.shared,
          ...change,
        },
      }),
    [LIST],
  )
  const remove = useChange(() => client.DELETE('/v1/saved-reports/{id}', { params: { path } }), [LIST])
  return (
    <li class="tight" data-report={report.id}>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault()
          put.mutate({ name })
        }}
      >
        <input
          aria-label={say('name')}
          value={name}
          maxLength={120}
          disabled={!report.mine}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        {report.mine && name.trim() && name !== report.name ? (
          <button type="submit" class="primary small">
            {say('saved.rename')}
          </button>
        ) : null}
        {report.mine ? null : <span class="tag">{say('saved.others')}</span>}
      </form>
      <div class="row">
        {report.mine ? (
          <>
            <button
              type="button"
              class="small"
              aria-pressed={report.shared}
              onClick={() => put.mutate({ shared: !report.shared })}
            >
              <Share2 size={14} aria-hidden="true" /> {say('saved.shared')}
            </button>
            <button
              type="button"
              class="small"
              onClick={() =>
                put.mutate(
                  { parameters: { ...clean(params), ...fixedOf(page) } },
                  { onSuccess: () => tell(say('saved.kept', { name: report.name })) },
                )
              }
            >
              {say('saved.replace')}
            </button>
          </>
        ) : null}
        {may && FILED.has(report.view) ? (
          <button
            type="button"
            class="small"
            onClick={() => go(`/app/exports?tab=schedules&saved=${report.id}`)}
          >
            <CalendarClock size={14} aria-hidden="true" /> {say('saved.schedule')}
          </button>
        ) : null}
        {report.mine ? (
          <button type="button" class="small danger" onClick={() => setDeleting(true)}>
            {say('delete')}
          </button>
        ) : null}
      </div>
      <Refusal error={put.error ?? remove.error} />
      {deleting ? (
        <Confirm
          title={say('saved.delete', { name: report.name })}
          text={say('saved.delete.why')}
          action={say('delete')}
          danger
          busy={remove.isPending}
          onConfirm={() => remove.mutate(undefined, { onSuccess: () => setDeleting(false) })}
          onClose={() => setDeleting(false)}
        />
      ) : null}
    </li>
  )
}

export function SavedMenu({ page, params }: { page: SavedPage; params: object }) {
  const say = useWords('exports')
  const field = useFieldNames()
  const tell = useToast()
  const cache = useQueryClient()
  const { me } = useSession()
  const [, go] = useLocation()
  const [shown, show] = useState<'save' | 'all' | null>(null)
  const all = useAnswer(LIST, {}, { enabled: me.workspace.analytics })
  const fixed = Object.entries(fixedOf(page))
  const mine = (all.data?.reports ?? []).filter(
    (one) => one.view === VIEWS[page].view && fixed.every(([name, value]) => one.parameters[name] === value),
  )

  const open = async (report: Saved) => {
    try {
      const ask = client.GET('/v1/saved-reports/{id}/run', { params: { path: { id: report.id } } })
      const { path, settings_changed: changed } = await answered(ask)
      const asked = new URLSearchParams(path.split('?')[1] ?? '')
      for (const [name] of fixed) asked.delete(name)
      go(`/app/${page}?${asked}`)
      if (changed.length) tell(say('saved.changed', { settings: changed.map(field).join(', ') }))
    } catch (error) {
      tell((error as AskError).message, true)
      await cache.invalidateQueries({ queryKey: [LIST] })
    }
  }

  return (
    <>
      <Menu
        toStart
        button={
          <>
            <Bookmark size={16} aria-hidden="true" />
            <span>{say('saved')}</span>
            <ChevronDown size={15} aria-hidden="true" />
          </>
        }
      >
        {(close) => (
          <>
            <div class="options">
              {mine.map((report) => (
                <button
                  type="button"
                  key={report.id}
                  data-report={report.id}
                  onClick={() => {
                    close()
                    void open(report)
                  }}
                >
                  <span>{report.name}</span>
                  {report.shared ? <Share2 size={13} aria-label={say('saved.shared')} /> : null}
                </button>
              ))}
              {mine.length ? null : <p class="faint small-text">{say('saved.none')}</p>}
            </div>
            <button
              type="button"
              class="small"
              onClick={() => {
                close()
                show('save')
              }}
            >
              <Bookmark size={14} aria-hidden="true" /> {say('saved.save')}
            </button>
            {mine.length ? (
              <button
                type="button"
                class="small"
                onClick={() => {
                  close()
                  show('all')
                }}
              >
                <Settings2 size={14} aria-hidden="true" /> {say('saved.manage')}
              </button>
            ) : null}
          </>
        )}
      </Menu>
      {shown === 'save' ? <SaveDialog page={page} params={params} onClose={() => show(null)} /> : null}
      {shown === 'all' ? (
        <Dialog title={say('saved.manage')} onClose={() => show(null)}>
          <ul class="stack saved-reports">
            {mine.map((report) => (
              <Row key={`${report.id} ${report.version}`} report={report} page={page} params={params} />
            ))}
          </ul>
          {mine.length ? null : <p class="faint">{say('saved.none')}</p>}
        </Dialog>
      ) : null}
    </>
  )
}
