// The work list: callers who wait to be called back, newest first, one row each (features.md W28; demands.md D9, D81).
import { Keyboard, ListFilter, RotateCw, Search, StickyNote, X } from 'lucide-preact'
import { Fragment } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useLocation, useSearch } from 'wouter-preact'
import { type Schemas, usePages } from '../../ask'
import { optionsOf, Period, useChoices } from '../../filter/bar'
import type { Drill } from '../../filter/filter'
import { useParameter } from '../../filter/useFilter'
import { Many, Switch } from '../../kit/choices'
import { MetaLine } from '../../kit/figures'
import { useFormat } from '../../kit/format'
import { Check } from '../../kit/inputs'
import { Menu } from '../../kit/overlay'
import { CopyButton, Phone, Tag } from '../../kit/pieces'
import { Empty, Problem, Skeleton } from '../../kit/states'
import { type Column, Table } from '../../kit/table'
import { useSession } from '../../session'
import { useTerms, useWords } from '../../words'
import { type Act, ActDialog, Acts, reach, type Subject, toMe } from './acts'
import { CaseDrawer } from './drawer'
import { closed, type HeldRow, overlaid, refreshed, type Shown } from './held'
import { Promised, Since, useNow } from './moment'
import {
  inRange,
  narrowed,
  onlyUnrecovered,
  patched,
  type Question,
  readQuestion,
  UNRECOVERED,
} from './question'
import { usePending, useWork } from './work'

const REFRESH_MS = 30_000
const PAGE = 50
const STATES = [
  'open',
  'assigned',
  'attempted',
  'reached',
  'resolved_by_customer',
  'resolved_by_text',
  'dismissed',
] as const
const OPEN_STATES: readonly string[] = ['open', 'assigned']
const SOURCES = ['missed', 'voicemail', 'requested'] as const
const REASONS = [
  'nobody_available',
  'rang_no_answer',
  'caller_gave_up',
  'direct_voicemail',
  'technical',
  'closed_hours',
  'short_abandon',
  'ivr_abandon',
] as const

type Each = 'caller' | 'case'

/** The question in the address, and how to change it. */
export function useQuestion() {
  const search = useSearch()
  const [path, go] = useLocation()
  return useMemo(() => {
    const question = readQuestion(search)
    const show = (patch: Drill) => {
      const text = patched(search, patch).toString()
      go(text ? `${path}?${text}` : path)
    }
    return {
      question,
      set: show,
      clear: () => show(Object.fromEntries(Object.keys(question).map((name) => [name, null]))),
    }
  }, [search, path, go])
}

function useCases(question: Question, each: Each) {
  return usePages(
    '/v1/cases',
    (cursor) => ({
      params: {
        query: {
          ...question,
          ...(each === 'caller' ? { group: 'caller' as const } : {}),
          limit: PAGE,
          ...(cursor ? { cursor } : {}),
        },
      },
    }),
    (page) => page.next,
    { every: REFRESH_MS },
  )
}

/** Rows that keep their places while somebody reads them. */
function useHeld(fresh: readonly Schemas['CaseRow'][] | undefined, about: string) {
  const [held, hold] = useState<{ about: string; rows: HeldRow[]; waiting: number }>({
    about: '',
    rows: [],
    waiting: 0,
  })
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!fresh) return
    hold((before) => {
      const reading =
        window.scrollY > 120 ||
        document.querySelector('dialog[open], .menu') !== null ||
        (place.current?.contains(document.activeElement) ?? false)
      return { about, ...refreshed(before.about === about ? before.rows : [], fresh, reading) }
    })
  }, [fresh, about])
  const release = () => fresh && hold({ about, ...refreshed([], fresh, false) })
  return { held, place, release }
}

export default function WorkList() {
  const say = useWords('missed')
  const kit = useWords('kit')
  const format = useFormat()
  const { question, set, clear } = useQuestion()
  const [each, setEach] = useParameter('each', 'caller') as [Each, (each: string | null) => void]
  const [open, setOpen] = useParameter('case')
  const cases = useCases(question, each)
  const fresh = useMemo(() => cases.data?.pages.flatMap((page) => page.rows), [cases.data])
  const { held, place, release } = useHeld(fresh, `${each} ${JSON.stringify(question)}`)
  const pending = usePending(fresh ?? [])
  const work = useWork()
  const session = useSession()
  const now = useNow()
  const [acting, setActing] = useState<{ act: Act; subject: Subject } | null>(null)
  const rows = held.rows.map(({ row, gone }) => ({
    ...overlaid(row, work.said.get(row.record_id) ?? pending.get(row.record_id)),
    gone,
  }))
  const first = cases.data?.pages[0]
  const subjects = new Map(rows.map((row) => [row.record_id, subjectOf(row, work)]))
  const columns = useColumns(now, work, subjects, setOpen, (act, subject) => setActing({ act, subject }))

  const onKey = (event: KeyboardEvent) => {
    const target = event.target as Element
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (target.closest('input, select, textarea, dialog, .menu')) return
    const inList = place.current?.contains(target) ?? false
    const step = { j: 1, k: -1, ...(inList ? { ArrowDown: 1, ArrowUp: -1 } : {}) }[event.key]
    const rowAt = target.closest<HTMLElement>('tr[data-key]')
    if (step) {
      const all = [...(place.current?.querySelectorAll<HTMLElement>('button[data-open]') ?? [])]
      const at = all.findIndex((one) => rowAt?.contains(one))
      const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))]
      next?.focus()
      next?.scrollIntoView({ block: 'nearest' })
      event.preventDefault()
      return
    }
    const subject = subjects.get(rowAt?.dataset.key ?? '')
    if (!subject || !session.may('work_cases')) return
    if (event.key === 'n') setActing({ act: 'note', subject })
    else if (closed(subject.shown)) return
    else if (event.key === 'a') void toMe(work, subject, session.me.user.id, say)
    else if (event.key === 'r') void reach(work, subject, say)
    else if (event.key === 'd') setActing({ act: 'dismiss', subject })
    else if (event.key === 's') setActing({ act: 'assign', subject })
    else return
    event.preventDefault()
  }
  const keys = useRef(onKey)
  keys.current = onKey
  useEffect(() => {
    const listen = (event: KeyboardEvent) => keys.current(event)
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])

  return (
    <div class="stack">
      <Conditions
        question={question}
        set={set}
        clear={clear}
        meta={inRange(question) ? first?.meta : undefined}
      />
      {first ? <Counters page={first} question={question} set={set} /> : null}
      <section class="card cases" ref={place}>
        <header>
          <p class="counted" aria-live="polite">
            {first ? (
              <>
                <b data-count={first.count}>
                  {say(each === 'caller' ? 'callers' : 'count', {
                    count: first.count,
                    shown: format.count(first.count),
                  })}
                </b>
                {inRange(question) ? (
                  <MetaLine meta={first.meta} />
                ) : (
                  <>
                    <span>{say('all_days')}</span>
                    <MetaLine meta={{ zone: first.meta.zone, as_of: first.meta.as_of }} />
                  </>
                )}
              </>
            ) : (
              <span>{kit('loading')}</span>
            )}
          </p>
          <div class="row no-print">
            <Switch
              label={say('each')}
              options={[
                { id: 'caller', name: say('each.caller') },
                { id: 'case', name: say('each.case') },
              ]}
              chosen={each}
              onChange={(next) => setEach(next === 'caller' ? null : next)}
            />
            <Switch
              label={say('sort')}
              options={[
                { id: 'newest', name: say('sort.newest') },
                { id: 'overdue', name: say('sort.overdue') },
              ]}
              chosen={question.sort ?? 'newest'}
              onChange={(next) => set({ sort: next === 'newest' ? null : next })}
            />
            <Keys />
          </div>
        </header>
        {held.waiting ? (
          <p class="waiting no-print" role="status">
            <button type="button" class="primary small" onClick={release}>
              <RotateCw size={14} aria-hidden="true" /> {say('new_rows', { count: held.waiting })}
            </button>
          </p>
        ) : null}
        {cases.data ? (
          <>
            <Table
              label={say('list')}
              columns={columns}
              rows={rows}
              rowKey={(row) => row.record_id}
              onPick={(row) => setOpen(row.record_id)}
              rowClass={(row) =>
                row.gone || closed(row.state) || (row.closed_at !== null && !row.fresh)
                  ? 'settled'
                  : row.overdue
                    ? 'overdue'
                    : undefined
              }
              empty={
                narrowed(question) ? (
                  <Empty
                    title={say('none')}
                    action={
                      <button type="button" onClick={clear}>
                        {say('show_open')}
                      </button>
                    }
                  />
                ) : (
                  <Empty title={say('nothing')}>{say('nothing_why')}</Empty>
                )
              }
            />
            {cases.hasNextPage ? (
              <div class="more-cases no-print">
                <span class="faint">
                  {say('shown', { shown: format.count(rows.length), count: format.count(first?.count) })}
                </span>
                <button
                  type="button"
                  disabled={cases.isFetchingNextPage}
                  onClick={() => void cases.fetchNextPage()}
                >
                  {cases.isFetchingNextPage ? kit('loading') : kit('more')}
                </button>
              </div>
            ) : null}
          </>
        ) : cases.error ? (
          <Problem error={cases.error} retry={() => void cases.refetch()} />
        ) : (
          <Skeleton lines={10} />
        )}
      </section>
      {open ? (
        <CaseDrawer
          key={open}
          id={open}
          others={subjects.get(open)?.others}
          work={work}
          onClose={() => setOpen(null)}
        />
      ) : null}
      {acting ? (
        <ActDialog act={acting.act} subject={acting.subject} work={work} onClose={() => setActing(null)} />
      ) : null}
    </div>
  )
}

const subjectOf = (row: Shown, work: ReturnType<typeof useWork>): Subject => ({
  id: row.record_id,
  version: Math.max(row.version, work.said.get(row.record_id)?.version ?? 0),
  others: row.case_ids.filter((id) => id !== row.record_id),
  state: row.state === 'assigned' || row.state === 'dismissed' || row.state === 'reached' ? row.state : null,
  shown: row.state,
  assignee: row.assignee,
  note: row.note,
  number: row.remote_number,
  name: row.remote_name,
})

function Keys() {
  const say = useWords('missed')
  return (
    <Menu toStart name={say('keys')} button={<Keyboard size={16} aria-hidden="true" />}>
      {() => (
        <dl class="facts keys">
          {(['move', 'open', 'mine', 'assign', 'reached', 'note', 'dismiss'] as const).map((one) => (
            <Fragment key={one}>
              <dt>
                <kbd>{KEYS[one]}</kbd>
              </dt>
              <dd>{say(`key.${one}`)}</dd>
            </Fragment>
          ))}
        </dl>
      )}
    </Menu>
  )
}

const KEYS = {
  move: 'J K ↑ ↓',
  open: 'Enter',
  mine: 'A',
  assign: 'S',
  reached: 'R',
  note: 'N',
  dismiss: 'D',
} as const

function Counters({
  page,
  question,
  set,
}: {
  page: Schemas['Cases']
  question: Question
  set: (patch: Drill) => void
}) {
  const say = useWords('missed')
  const term = useTerms()
  const format = useFormat()
  const { counters } = page
  // An attempt closes a case, unless the workspace wants somebody to be reached.
  const states = page.all_days
    ? STATES.filter((one) => OPEN_STATES.includes(one) || (counters.by_state[one] ?? 0) > 0)
    : STATES
  const unassigned = question.assignees?.length === 1 && question.assignees[0] === ''
  return (
    <div class="counters" role="group" aria-label={say('counters')}>
      <span class="counter">
        <b>{format.count(counters.total)}</b> {say('cases', { count: counters.total })}
        <span class="faint">
          {' '}
          · {say('misses', { count: counters.misses, shown: format.count(counters.misses) })}
        </span>
      </span>
      <button
        type="button"
        class={counters.overdue ? 'counter late' : 'counter'}
        aria-pressed={question.only_overdue ?? false}
        data-counter="overdue"
        onClick={() => set({ only_overdue: question.only_overdue ? null : true })}
      >
        <b>{format.count(counters.overdue)}</b> {say('overdue')}
      </button>
      <button
        type="button"
        class="counter"
        aria-pressed={unassigned}
        onClick={() => set({ assignees: unassigned ? null : [''] })}
      >
        <b>{format.count(counters.unassigned)}</b> {say('unassigned')}
      </button>
      {states.map((state) => {
        const on = question.states?.includes(state) ?? false
        const next = on
          ? question.states?.filter((one) => one !== state)
          : [...(question.states ?? []), state]
        return (
          <button
            type="button"
            class="counter"
            key={state}
            aria-pressed={on}
            data-counter={state}
            onClick={() => set({ states: next?.length ? next : null })}
          >
            <b>{format.count(counters.by_state[state] ?? 0)}</b> {term(`case_state.${state}`)}
          </button>
        )
      })}
    </div>
  )
}

const DIGITS = 4

function Conditions({
  question,
  set,
  clear,
  meta,
}: {
  question: Question
  set: (patch: Drill) => void
  clear: () => void
  meta?: Schemas['Meta']
}) {
  const say = useWords('missed')
  const filter = useWords('filter')
  const term = useTerms()
  const session = useSession()
  const choices = useChoices()
  const [number, setNumber] = useState(question.remote ?? '')
  const few = number.trim() !== '' && number.replace(/\D/g, '').length < DIGITS
  const many = (
    name: keyof Question,
    label: string,
    options: { id: string; name: string; gone?: boolean }[],
  ) => {
    const chosen = (question[name] as string[] | undefined) ?? []
    return options.length || chosen.length ? (
      <Many
        label={label}
        options={options}
        chosen={chosen}
        onChange={(all) => set({ [name]: all.length ? all : null })}
      />
    ) : null
  }
  const ranged = inRange(question)
  return (
    <div class="filter-bar no-print" role="search" aria-label={filter('filters')}>
      <Switch
        label={say('span')}
        options={[
          { id: 'open', name: say('span.open') },
          { id: 'period', name: say('span.period') },
        ]}
        chosen={ranged ? 'period' : 'open'}
        onChange={(next) =>
          set(
            next === 'open'
              ? { preset: null, from: null, to: null, states: null }
              : { preset: 'last_7_days' },
          )
        }
      />
      {ranged ? (
        <Period
          filtered={{
            filter: { preset: question.preset, from: question.from, to: question.to },
            set,
            clear,
            narrowed: true,
          }}
          meta={meta}
          key={`${question.from}${question.to}`}
        />
      ) : null}
      {many('assignees', say('assignee'), [
        { id: 'me', name: say('mine') },
        { id: '', name: say('nobody') },
        ...optionsOf(choices?.users).filter((one) => one.id !== session.me.user.id),
      ])}
      {many('teams', filter('teams'), optionsOf(choices?.teams))}
      {many('numbers', filter('numbers'), optionsOf(choices?.numbers))}
      <Check
        label={filter('only_unrecovered')}
        checked={onlyUnrecovered(question)}
        onChange={(on) => set({ states: on ? [...UNRECOVERED] : null })}
      />
      <Menu
        button={
          <>
            <ListFilter size={16} aria-hidden="true" /> {filter('more')}
          </>
        }
      >
        {() => (
          <div class="tight">
            {many(
              'case_sources',
              say('source'),
              SOURCES.map((one) => ({ id: one, name: say(`source.${one}`) })),
            )}
            {many(
              'reasons',
              filter('reasons'),
              REASONS.map((one) => ({ id: one, name: term(`reason.${one}`) })),
            )}
            {many('users', say('rang'), optionsOf(choices?.users))}
            {many('sources', filter('sources'), optionsOf(choices?.sources))}
          </div>
        )}
      </Menu>
      <form
        class="row number-search"
        onSubmit={(event) => {
          event.preventDefault()
          if (!few) set({ remote: number.trim() || null })
        }}
      >
        <input
          type="search"
          inputMode="tel"
          placeholder={say('search')}
          aria-label={say('search')}
          aria-invalid={few}
          value={number}
          onInput={(event) => setNumber(event.currentTarget.value)}
        />
        <button type="submit" disabled={few}>
          <Search size={16} aria-hidden="true" />
          <span class="unseen">{say('search')}</span>
        </button>
      </form>
      {narrowed(question) ? (
        <button type="button" class="quiet" onClick={clear}>
          <X size={16} aria-hidden="true" /> {filter('reset')}
        </button>
      ) : null}
    </div>
  )
}

type CaseLine = Shown & { gone: boolean }

function useColumns(
  now: number,
  work: ReturnType<typeof useWork>,
  subjects: Map<string, Subject>,
  open: (id: string) => void,
  onAct: (act: Act, subject: Subject) => void,
): Column<CaseLine>[] {
  const say = useWords('missed')
  const term = useTerms()
  const format = useFormat()
  const people = useNames()
  return [
    {
      id: 'customer',
      title: say('column.customer'),
      names: true,
      cell: (row) => (
        <div class="customer">
          <button type="button" class="link" data-open={row.record_id} onClick={() => open(row.record_id)}>
            {row.remote_name || <Phone number={row.remote_number} copy={false} />}
          </button>
          {/^\+\d/.test(row.remote_number) ? (
            <CopyButton text={row.remote_number} what={row.remote_number} />
          ) : null}
          {row.misses > 1 ? (
            <span class="tag times" title={say('tried', { count: row.misses })}>
              ×{format.count(row.misses)}
              <span class="unseen">{say('tried', { count: row.misses })}</span>
            </span>
          ) : null}
          <span class="faint small-text">
            {row.remote_name ? <Phone number={row.remote_number} copy={false} /> : null}{' '}
            {row.case_source === 'missed' ? null : say(`source.${row.case_source}` as 'source.voicemail')}
          </span>
        </div>
      ),
    },
    {
      id: 'since',
      title: say('column.since'),
      cell: (row) => (
        <>
          <Since at={row.opened_at} now={now} />
          <div class="faint small-text nowrap number">{format.at(row.opened_at)}</div>
        </>
      ),
    },
    {
      id: 'due',
      title: say('column.due'),
      cell: (row) =>
        closed(row.state) ? (
          <span class="faint">–</span>
        ) : row.attempts ? (
          <span class="faint small-text">{say('kept_trying', { count: row.attempts })}</span>
        ) : (
          <Promised due={row.due_at} now={now} />
        ),
    },
    {
      id: 'reason',
      title: say('column.reason'),
      cell: (row) => (
        <>
          <div>{term(`reason.${row.reason}`)}</div>
          {row.user_name ? <div class="faint small-text">{row.user_name}</div> : null}
        </>
      ),
    },
    {
      id: 'number',
      title: say('column.number'),
      cell: (row) => (
        <>
          <div>{row.business_number_name || <Phone number={row.business_number} copy={false} />}</div>
          {row.team || row.queue ? (
            <div class="faint small-text">{[row.team, row.queue].filter(Boolean).join(' · ')}</div>
          ) : null}
        </>
      ),
    },
    {
      id: 'state',
      title: say('column.state'),
      cell: (row) => (
        <div class="state-of" data-state={row.state}>
          <span>
            <Tag
              group="case_state"
              code={row.state}
              tone={row.state === 'open' ? '' : row.state === 'assigned' ? 'accent' : undefined}
            />
            {row.gone && !row.fresh ? <span class="faint small-text"> {say('gone')}</span> : null}
          </span>
          {row.assignee ? <span class="small-text">{people(row.assignee)}</span> : null}
          {row.note ? (
            <span class="faint small-text note-line" title={row.note}>
              <StickyNote size={12} aria-hidden="true" /> {row.note}
            </span>
          ) : null}
        </div>
      ),
    },
    {
      id: 'acts',
      title: <span class="unseen">{say('column.acts')}</span>,
      end: true,
      cell: (row) => {
        const subject = subjects.get(row.record_id)
        return subject ? <Acts subject={subject} work={work} onAct={onAct} /> : null
      },
    },
  ]
}

/** Names of people by id; somebody outside the viewer's scope has only his id. */
export function useNames(): (id: string) => string {
  const choices = useChoices()
  const session = useSession()
  const say = useWords('missed')
  return (id) =>
    id === session.me.user.id
      ? say('you', { who: session.me.user.name })
      : (choices?.users.find((one) => one.id === id)?.name ?? id)
}
