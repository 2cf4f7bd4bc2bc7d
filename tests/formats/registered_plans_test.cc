// SPDX-License-Identifier: Apache-2.0
// How many schemas of a registry are kept, and for how long it is believed that
// there is none.
#include "ingest/formats/registered_plans.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

class CountingRegistry : public SchemaLookup {
 public:
  absl::StatusOr<RegisteredSchema> Find(int32_t id) override {
    ++asked;
    if (id < 0) return NotFound("none");
    return RegisteredSchema{.type = "TEXT",
                            .text = std::string(text_bytes, 'x')};
  }

  int asked = 0;
  size_t text_bytes = 1;
};

class RegisteredPlansTest : public testing::Test {
 protected:
  // Whether it had to be asked for.
  bool Asks(int32_t id) {
    const int before = registry_.asked;
    EXPECT_EQ(plans_.Find(id).ok(), id >= 0);
    return registry_.asked > before;
  }

  CountingRegistry registry_;
  RegisteredPlans<size_t> plans_{
      &registry_, "TEXT",
      [](const std::string& text) -> absl::StatusOr<size_t> {
        return text.size();
      }};
};

TEST_F(RegisteredPlansTest, AThousandAreKept) {
  for (int32_t id = 0; id < 1'000; ++id) EXPECT_TRUE(Asks(id));
  EXPECT_FALSE(Asks(0));
  EXPECT_FALSE(Asks(999));
  EXPECT_TRUE(Asks(1'000));
  EXPECT_TRUE(Asks(0));
}

TEST_F(RegisteredPlansTest, EightMebibytesOfThemAreKept) {
  registry_.text_bytes = 5 << 20;
  EXPECT_TRUE(Asks(0));
  EXPECT_TRUE(Asks(1));  // In the place of the first.
  EXPECT_FALSE(Asks(1));
  registry_.text_bytes = 1;
  EXPECT_TRUE(Asks(2));
  EXPECT_FALSE(Asks(1));
  EXPECT_FALSE(Asks(2));
  EXPECT_TRUE(Asks(0));
}

TEST_F(RegisteredPlansTest, OfAThousandItIsKnownThatThereIsNone) {
  for (int32_t id = -1; id > -1'001; --id) EXPECT_TRUE(Asks(id));
  EXPECT_FALSE(Asks(-1));
  EXPECT_FALSE(Asks(-1'000));
  EXPECT_TRUE(Asks(-1'001));
  EXPECT_TRUE(Asks(-1));
}

}  // namespace
}  // namespace freshet
