// Numbers that count as spam, and texts that stand for a withheld number (features.md O6).
import { useState } from 'preact/hooks'
import { client, type Schemas } from '../../ask'
import { wrongOf } from '../../kit/inputs'
import { Answered } from '../../kit/states'
import { useWords } from '../../words'
import { ifMatch, Lines, useSaving, useVersioned, type Versioned, Wrong } from './editing'
import { linesOf } from './entries'

type Lists = Schemas['ListsView']

export default function ListsTab() {
  const query = useVersioned('/v1/directory/lists')
  return (
    <Answered query={query}>
      {(found) => <Form key={found.etag} found={found} reload={() => void query.refetch()} />}
    </Answered>
  )
}

function Form({ found, reload }: { found: Versioned<Lists>; reload: () => void }) {
  const say = useWords('settings')
  const kit = useWords('kit')
  const [spam, setSpam] = useState(found.document.spam.join('\n'))
  const [withheld, setWithheld] = useState(found.document.withheld.join('\n'))
  const saving = useSaving<Lists>(['/v1/directory/lists'])
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault()
        saving.run(() =>
          client.PUT('/v1/directory/lists', {
            params: { header: ifMatch(found.etag) },
            body: { spam: linesOf(spam), withheld: linesOf(withheld) },
          }),
        )
      }}
    >
      <header>
        <div>
          <h2>{say('tab.lists')}</h2>
          <p class="about">{say('lists.about')}</p>
        </div>
      </header>
      <Wrong error={saving.error} fields={['spam', 'withheld']} reload={reload} />
      <div class="two">
        <Lines
          id="spam"
          label={say('lists.spam')}
          why={say('lists.spam.why')}
          rows={12}
          value={spam}
          onChange={setSpam}
          wrong={wrongOf(saving.error, 'spam')}
        />
        <Lines
          id="withheld"
          label={say('lists.withheld')}
          why={say('lists.withheld.why')}
          rows={12}
          value={withheld}
          onChange={setWithheld}
          wrong={wrongOf(saving.error, 'withheld')}
        />
      </div>
      <div class="savebar">
        <button type="submit" class="primary" disabled={saving.busy}>
          {kit('save')}
        </button>
      </div>
    </form>
  )
}
