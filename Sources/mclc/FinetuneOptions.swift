import ArgumentParser

/// How `evaluate --protocol finetune` trains and tests.
struct FinetuneOptions: ParsableArguments {
  @Option(
    help: """
      The constants of fine-tuning: a recipe (.yaml) or the name of one in recipes/; its section 'test' says how videos \
      are tested.
      """)
  var finetuneRecipe = "ucf101-finetune"
  @Option(help: "Epochs of fine-tuning instead of the recipe's.") var finetuneEpochs: Int?
  @Option(
    name: .customLong("finetune-set"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      A setting of the fine-tuned model or of its training over the recipe's, such as batch=16; may be given often.
      """, valueName: "key=value"))
  var finetuneSettings: [String] = []
  @Option(
    name: .customLong("finetune-test"), parsing: .singleValue,
    help: ArgumentHelp(
      """
      Of the test of fine-tuning: views, resize, or a setting of the model, over the recipe's, such as views=1x1; may be \
      given often.
      """, valueName: "key=value"))
  var finetuneTests: [String] = []
}
