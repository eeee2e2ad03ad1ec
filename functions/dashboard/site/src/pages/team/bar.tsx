// The filter above each part of the team page, and what the parts share in the address.

import type { Schemas } from '../../ask'
import { FilterBar } from '../../filter/bar'
import type { Filter } from '../../filter/filter'
import { type Filtered, useParameter } from '../../filter/useFilter'
import { Switch } from '../../kit/choices'
import type { MetricId } from '../../kit/metrics'
import { Hint } from '../../kit/overlay'
import { useSession } from '../../session'
import { useWords } from '../../words'

export interface TabProps {
  filtered: Filtered
  /** Opens the profile of a person. */
  onOpen: (userId: string) => void
}

type Meta = Pick<Schemas['Meta'], 'from_date' | 'to_date'>

/** People and teams, and whose calls a team's are (features.md W16, W21). */
export function Bar({ filtered, meta, presence }: { filtered: Filtered; meta?: Meta; presence?: boolean }) {
  const say = useWords('team')
  const { may } = useSession()
  const { filter, set } = filtered
  const many = may('view_all_calls')
  return (
    <div class="tight">
      <FilterBar
        filtered={filtered}
        meta={meta}
        fields={many ? (presence ? ['users', 'teams'] : ['users', 'teams', 'numbers']) : []}
        more={
          presence
            ? []
            : ['channels', 'directions', 'hours', 'queues', 'campaigns', 'sources', 'include_internal']
        }
      />
      {!presence && filter.teams?.length ? (
        <div class="row no-print">
          <Switch
            label={say('members')}
            options={(['stored', 'current'] as const).map((id) => ({ id, name: say(`members.${id}`) }))}
            chosen={filter.team_members ?? 'stored'}
            onChange={(members) => set({ team_members: members === 'stored' ? null : members })}
          />
          <Hint about={say('members')}>{say('members.about')}</Hint>
        </div>
      ) : null}
    </div>
  )
}

/** The metric that ranking, comparison and trends are of; it stays from one to the other. */
export function useMetricParameter(): [MetricId, (id: MetricId) => void] {
  const [metric, set] = useParameter('metric', 'calls_answered')
  return [metric as MetricId, set]
}

/** What the presence routes understand of a filter. */
export function presenceOf({ preset, from, to, zone, users, teams }: Filter) {
  return { preset, from, to, zone, users, teams }
}
