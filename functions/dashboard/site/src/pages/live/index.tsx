import { Page } from '../../shell'
import { useWords } from '../../words'

export default function LivePage() {
  const shell = useWords('shell')
  return <Page title={shell('page.live')}>{null}</Page>
}
