// Which cards stand on the overview: groups of metrics, and what each viewer chose, kept in this browser.
import type { MetricId } from '../../kit/metrics'

export const GROUPS = ['mine', 'calls', 'messages', 'service', 'recovery'] as const
export type Group = (typeof GROUPS)[number]

/** What a viewer sees who has chosen nothing. */
export const USUAL: readonly MetricId[] = [
  'calls_received',
  'calls_made',
  'calls_answered',
  'calls_missed',
  'missed_rate',
  'answer_rate',
  'service_level',
  'asa_s',
  'average_wait_s',
  'talk_s',
  'messages_received',
  'messages_sent',
  'unique_conversations',
  'recovery_rate',
  'callback_sla_rate',
  'open_cases',
]

export const METRICS: Record<Exclude<Group, 'mine'>, readonly MetricId[]> = {
  calls: [
    'calls',
    'calls_received',
    'calls_made',
    'calls_answered',
    'calls_answered_inbound',
    'calls_connected',
    'completion_rate',
    'connect_rate',
    'talk_s',
    'average_talk_s',
    'aht_s',
    'calls_transferred',
    'transfer_rate',
    'unique_contacts',
    'repeat_contacts',
    'target_calls',
    'successful_calls',
    'success_rate',
    'internal_calls',
    'spam_calls',
  ],
  messages: [
    'messages',
    'messages_received',
    'messages_sent',
    'messages_delivered',
    'delivery_rate',
    'messages_undelivered',
    'messages_unknown',
    'unique_conversations',
    'anonymous_interactions',
    'bulk_messages',
    'spam_messages',
    'segments',
  ],
  service: [
    'calls_offered',
    'offered_answered',
    'answer_rate',
    'calls_missed',
    'missed_rate',
    'service_level',
    'answered_in_time',
    'asa_s',
    'average_wait_s',
    'longest_wait_s',
    'calls_abandoned',
    'abandonment_rate',
    'average_abandon_s',
    'short_abandons',
    'short_abandon_rate',
    'voicemails',
    'closed_hours_calls',
    'ivr_abandons',
    'callback_requests',
  ],
  recovery: [
    'recovery_candidates',
    'calls_recovered',
    'recovery_rate',
    'calls_unrecovered',
    'recovery_s',
    'cases',
    'open_cases',
    'case_recovery_rate',
    'callback_sla_rate',
    'callback_delay_s',
    'called_back_in_20_min',
    'called_back_in_24_h',
    'called_back_later',
    'never_called_back',
  ],
}

const known = new Set<string>(Object.values(METRICS).flat())

/** What was kept, without metrics that there are no more; the usual ones where that leaves none. */
export function readChoice(kept: string | null): readonly MetricId[] {
  if (kept === null) return USUAL
  const chosen = kept.split(' ').filter((id): id is MetricId => known.has(id))
  return chosen.length ? chosen : USUAL
}

/** In the order of the usual cards, then of the groups: choosing a card again puts it back in its place. */
export function orderedChoice(chosen: Iterable<string>): MetricId[] {
  const wanted = new Set(chosen)
  return [...new Set([...USUAL, ...Object.values(METRICS).flat()])].filter((id) => wanted.has(id))
}

export const shownOf = (group: Group, chosen: readonly MetricId[]): readonly MetricId[] =>
  group === 'mine' ? chosen : METRICS[group]
