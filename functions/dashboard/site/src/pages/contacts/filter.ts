// The filter of the contacts report: how its boxes become the filter of the API, and what is kept of it.
import type { Filter } from '../../filter/filter'

export type Kind = NonNullable<Filter['kinds']>[number]
export type Status = 'ANSWERED' | 'NO_ANSWER' | 'FAILED' | 'BUSY'
type Outcome = NonNullable<Filter['outcomes']>[number]

/** features.md F17-F28, in its order. */
export const CALL_KINDS = [
  'call_outbound',
  'call_inbound',
  'call_inbound_campaign',
  'consultation',
  'survey_post_call',
  'external_transfer',
  'survey_outbound',
  'callback_customer',
  'callback_agent',
  'mobile_app_outbound',
  'mobile_app_inbound',
  'classifier',
] as const satisfies readonly Kind[]
export const OTHER_KINDS = [
  'email_outbound',
  'email_inbound',
  'sms_outbound',
  'sms_inbound',
  'chat',
  'messenger',
] as const satisfies readonly Kind[]
/** Every kind there is: a report of no chosen type holds classifier rows too, which lists leave out (F1, F16). */
const EVERY_CALL = [
  'voice',
  'campaign',
  'consultation',
  'survey_post_call',
  'survey_outbound',
  'external_transfer',
  'callback_customer',
  'callback_agent',
  'mobile_app',
  'classifier',
] as const satisfies readonly Kind[]
const EVERY_OTHER = ['sms', 'mms', 'email', 'chat', 'messenger'] as const satisfies readonly Kind[]

/** features.md F41, F43, F45, F47: whatever is neither answered, busy nor failed was not picked up. */
export const OUTCOMES: Record<Status, readonly Outcome[]> = {
  ANSWERED: ['answered'],
  NO_ANSWER: ['no_answer', 'caller_abandoned', 'voicemail', 'outbound_aborted'],
  FAILED: ['failed'],
  BUSY: ['busy'],
}
export const STATUSES = Object.keys(OUTCOMES) as Status[]

/** What the form holds. */
export interface Draft {
  from: string
  to: string
  hour_from: string
  hour_to: string
  users: string[]
  teams: string[]
  campaigns: string[]
  sources: string[]
  source_number: string
  destination_number: string
  reference: string
  kinds: Kind[]
  statuses: Status[]
  internal: boolean
  deleted: boolean
}

const isCall = (kind: Kind): boolean => (CALL_KINDS as readonly Kind[]).includes(kind)

/** features.md F14: the boxes mean nothing where only other channels are asked for. */
export function statusesApply(kinds: readonly Kind[]): boolean {
  return kinds.length === 0 || kinds.some(isCall)
}

/** Only calls have a status and a source. Other channels stay beside calls of a status where their type was chosen. */
function channelsOf(draft: Draft, statuses: readonly Status[]): Filter['channels'] {
  if (draft.sources.length) return ['call']
  if (!statuses.length) return undefined
  return draft.kinds.some((kind) => !isCall(kind)) ? ['call', 'message'] : ['call']
}

export function asFilter(draft: Draft): Filter {
  const statuses = statusesApply(draft.kinds) ? draft.statuses : []
  const filter: Filter = {
    from: draft.from,
    to: draft.to,
    kinds: draft.kinds.length ? [...draft.kinds] : [...EVERY_CALL, ...EVERY_OTHER],
    outcomes: statuses.flatMap((status) => [...OUTCOMES[status]]),
    include_internal: draft.internal || undefined,
    channels: channelsOf(draft, statuses),
    hour_from: draft.hour_from || undefined,
    hour_to: draft.hour_to || undefined,
    users: draft.users,
    teams: draft.teams,
    campaigns: draft.campaigns,
    sources: draft.sources,
    source_number: draft.source_number.trim() || undefined,
    destination_number: draft.destination_number.trim() || undefined,
    reference: draft.reference.trim() || undefined,
  }
  return Object.fromEntries(
    Object.entries(filter).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && !value.length),
    ),
  ) as Filter
}

export function emptyDraft(today: string): Draft {
  return {
    from: today,
    to: today,
    hour_from: '',
    hour_to: '',
    users: [],
    teams: [],
    campaigns: [],
    sources: [],
    source_number: '',
    destination_number: '',
    reference: '',
    kinds: [],
    statuses: [],
    internal: true,
    deleted: false,
  }
}

/** Today in a zone, as YYYY-MM-DD. */
export function todayIn(zone: string, now = new Date()): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(now)
}

export type Quick = 'today' | 'yesterday' | 'previous_month' | 'current_month'
export const QUICK: readonly Quick[] = ['today', 'yesterday', 'current_month', 'previous_month']

/** features.md F9; the current month ends today. */
export function quickDates(quick: Quick, today: string): { from: string; to: string } {
  const [year, month, day] = today.split('-').map(Number) as [number, number, number]
  const iso = (y: number, m: number, d: number) => new Date(Date.UTC(y, m - 1, d)).toISOString().slice(0, 10)
  switch (quick) {
    case 'today':
      return { from: today, to: today }
    case 'yesterday':
      return { from: iso(year, month, day - 1), to: iso(year, month, day - 1) }
    case 'current_month':
      return { from: iso(year, month, 1), to: today }
    case 'previous_month':
      return { from: iso(year, month - 1, 1), to: iso(year, month, 0) }
  }
}

// ---------------------------------------------------------------- what is kept (features.md F2)

interface Kept {
  draft?: Partial<Draft>
  columns?: string[]
}

const keyOf = (workspace: string, user: string): string => `ringlake.contacts.${workspace}.${user}`

/** What this person chose last in this workspace; what has another form than expected is left out. */
export function recall(workspace: string, user: string): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(workspace, user)) ?? '{}')
    return kept && typeof kept === 'object' ? (kept as Kept) : {}
  } catch {
    return {}
  }
}

export function remember(workspace: string, user: string, kept: Kept): void {
  localStorage.setItem(keyOf(workspace, user), JSON.stringify({ ...recall(workspace, user), ...kept }))
}

/** A kept draft over an empty one, field by field as far as it has the right form. */
export function restored(kept: Partial<Draft> | undefined, empty: Draft): Draft {
  const made: Record<string, unknown> = { ...empty }
  for (const [name, usual] of Object.entries(empty)) {
    const value = (kept as Record<string, unknown> | undefined)?.[name]
    const list = Array.isArray(value) && value.every((one) => typeof one === 'string')
    if (Array.isArray(usual) ? list : typeof value === typeof usual) made[name] = value
  }
  return made as unknown as Draft
}
