# A program without shared libraries (-static-pie). Debian has most libraries as archives too. Of fmt and simdjson it has not: they are
# compiled here, from Debian's own source packages, which `scripts/package --sources` puts into IMAGEWARDEN_SOURCES; our code includes the
# headers that are installed, as ever.
set(IMAGEWARDEN_SOURCES "" CACHE PATH "folder with the source trees `fmtlib` and `simdjson`, for a static build")
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS ON)
set(Boost_USE_STATIC_LIBS ON)

# imagewarden_compiled(NAME PACKAGE FILE FOLDER HEADER): the library target NAME::NAME, of FILE. HEADER, which lies in FOLDER, must be the
# one that is installed.
function(imagewarden_compiled name package file folder header)
  set(tree ${IMAGEWARDEN_SOURCES}/${package})
  if(NOT EXISTS ${tree}/${file})
    message(FATAL_ERROR "a static build wants ${tree}/${file}: `scripts/package --sources` puts it there")
  endif()
  find_path(${name}_headers ${header} REQUIRED)
  file(SHA256 ${tree}/${folder}/${header} source)
  file(SHA256 ${${name}_headers}/${header} installed)
  if(NOT source STREQUAL installed)
    message(FATAL_ERROR "${tree} is of another version than the installed ${header}")
  endif()
  add_library(${name} STATIC ${tree}/${file})
  target_include_directories(${name} PRIVATE ${tree}/${folder})
  target_compile_options(${name} PRIVATE "$<$<CONFIG:Release>:${release_flags}>" -ffile-prefix-map=${tree}=${package})
  add_library(${name}::${name} ALIAS ${name})
endfunction()
imagewarden_compiled(fmt fmtlib src/format.cc include fmt/format.h)
imagewarden_compiled(simdjson simdjson singleheader/simdjson.cpp singleheader simdjson.h)
# As Debian's targets have it: objects of our code are then those of the other build, and the compiler's cache has them.
target_compile_definitions(fmt PUBLIC FMT_SHARED)
target_compile_definitions(simdjson PUBLIC SIMDJSON_THREADS_ENABLED=1)

find_library(yaml_cpp_archive yaml-cpp REQUIRED)
add_library(yaml-cpp STATIC IMPORTED GLOBAL)
set_target_properties(yaml-cpp PROPERTIES IMPORTED_LOCATION ${yaml_cpp_archive})

# toml++ needs no library.
find_path(toml_headers toml++/toml.h REQUIRED)
add_library(tomlplusplus::tomlplusplus INTERFACE IMPORTED GLOBAL)
target_compile_definitions(tomlplusplus::tomlplusplus INTERFACE TOML_HEADER_ONLY=1)
target_include_directories(tomlplusplus::tomlplusplus INTERFACE ${toml_headers})
